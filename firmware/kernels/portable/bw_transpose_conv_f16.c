/* Transposed convolution, float16 weights, float32 activations. */
#include "conv_2d_f16.h"
#include "transpose_convolve.h"

void bw_transpose_conv_f16(const bw_conv_2d_f16_t *p, const float *in, float *out)
{
    transpose_convolve(&p->shape, p, p->weights, in, out);
}
