/* One element of a quantized sum or difference. */
#ifndef BW_ADD_QUANTIZED_H
#define BW_ADD_QUANTIZED_H

#include "elementwise.h"
#include "fixed_point.h"

static inline int32_t bw_add_quantized(const bw_add_quantized_t *p, int32_t a, int32_t b)
{
    int32_t scaled_a = bw_requantize((a - p->a_zero) * (1 << p->left_shift), p->a_multiplier, p->a_shift);
    int32_t scaled_b = bw_requantize((b - p->b_zero) * (1 << p->left_shift), p->b_multiplier, p->b_shift);
    int32_t sum = bw_requantize(scaled_a + p->b_sign * scaled_b, p->out_multiplier, p->out_shift);
    return bw_clamp_s32(p->out_zero + sum, p->out_min, p->out_max);
}

#endif
