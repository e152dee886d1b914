/* From int16 to int16. */
#include "elementwise.h"
#include "fixed_point.h"

void bw_requantize_s16_s16(const bw_requantize_t *p, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t value = p->out_zero + bw_requantize(in[i] - p->in_zero, p->multiplier, p->shift);
        out[i] = (int16_t)bw_clamp_s32(value, p->out_min, p->out_max);
    }
}
