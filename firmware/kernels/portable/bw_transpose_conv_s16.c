/* Transposed convolution, int16. */
#include "conv_2d_s16.h"
#include "transpose_convolve.h"

void bw_transpose_conv_s16(const bw_conv_2d_s16_t *p, const int16_t *in, int16_t *out)
{
    transpose_convolve(&p->shape, p, p->weights, in, out);
}
