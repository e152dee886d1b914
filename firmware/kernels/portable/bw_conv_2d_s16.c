/* Convolution, of any kind, int16. */
#include "conv_2d_s16.h"
#include "convolve.h"

void bw_conv_2d_s16(const bw_conv_2d_s16_t *p, const int16_t *in, int16_t *out)
{
    convolve(&p->shape, p, p->weights, in, out);
}
