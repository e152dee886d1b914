/* Convolution, of any kind, float16 weights, float32 activations. */
#include "conv_2d_f16.h"
#include "convolve.h"

void bw_conv_2d_f16(const bw_conv_2d_f16_t *p, const float *in, float *out)
{
    convolve(&p->shape, p, p->weights, in, out);
}
