/* int8 convolutions: types and arithmetic for convolve.h and transpose_convolve.h. */
#include "requantize.h"

typedef bw_conv_2d_s8_t context_t;
typedef int8_t input_t, weight_t, output_t;
typedef int32_t sum_t;

static inline int32_t product(const context_t *p, int8_t x, int8_t w)
{
    return (x - p->in_zero) * w;
}

static inline int8_t finish(const context_t *p, int32_t sum, int32_t o)
{
    int32_t channel = o * p->channel_step;
    return bw_requantize_s8(bw_wrapping_add(sum, p->bias[o]), p->multiplier[channel], p->shift[channel], &p->out);
}
