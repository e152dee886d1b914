/* x, or a part of it where it is negative, int16. */
#include "elementwise.h"
#include "fixed_point.h"

void bw_leaky_relu_s16(const bw_leaky_relu_s16_t *p, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t value = in[i] - p->in_zero;
        value = value >= 0 ? bw_requantize(value, p->positive_multiplier, p->positive_shift)
                           : bw_requantize(value, p->negative_multiplier, p->negative_shift);
        out[i] = (int16_t)bw_clamp_s32(p->out_zero + value, INT16_MIN, INT16_MAX);
    }
}
