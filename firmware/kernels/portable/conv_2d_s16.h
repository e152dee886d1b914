/* int16 convolutions with int8 weights: types and arithmetic for convolve.h and transpose_convolve.h. */
#include "requantize.h"

typedef bw_conv_2d_s16_t context_t;
typedef int16_t input_t, output_t;
typedef int8_t weight_t;
typedef int64_t sum_t;

static inline int32_t product(const context_t *p, int16_t x, int8_t w)
{
    (void)p;
    return x * w;
}

static inline int16_t finish(const context_t *p, int64_t sum, int32_t o)
{
    int32_t channel = o * p->channel_step;
    return bw_requantize_s16(sum, p->bias[o], p->multiplier[channel], p->shift[channel], &p->out);
}
