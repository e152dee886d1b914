/* From int16 to int8. */
#include "elementwise.h"
#include "fixed_point.h"

void bw_requantize_s16_s8(const bw_requantize_t *p, const int16_t *in, int8_t *out)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t value = p->out_zero + bw_requantize(in[i] - p->in_zero, p->multiplier, p->shift);
        out[i] = (int8_t)bw_clamp_s32(value, p->out_min, p->out_max);
    }
}
