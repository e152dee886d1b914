/* Convolution, of any kind, int8. */
#include "conv_2d_s8.h"
#include "convolve.h"

void bw_conv_2d_s8(const bw_conv_2d_s8_t *p, const int8_t *in, int8_t *out)
{
    convolve(&p->shape, p, p->weights, in, out);
}
