/* Convolution, of any kind, float32. */
#include "conv_2d_f32.h"
#include "convolve.h"

void bw_conv_2d_f32(const bw_conv_2d_f32_t *p, const float *in, float *out)
{
    convolve(&p->shape, p, p->weights, in, out);
}
