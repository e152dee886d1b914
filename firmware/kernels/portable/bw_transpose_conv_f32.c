/* Transposed convolution, float32. */
#include "conv_2d_f32.h"
#include "transpose_convolve.h"

void bw_transpose_conv_f32(const bw_conv_2d_f32_t *p, const float *in, float *out)
{
    transpose_convolve(&p->shape, p, p->weights, in, out);
}
