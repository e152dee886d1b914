/* One element of a quantized PReLU. */
#ifndef BW_PRELU_QUANTIZED_H
#define BW_PRELU_QUANTIZED_H

#include "elementwise.h"
#include "fixed_point.h"

static inline int32_t bw_prelu_quantized(const bw_prelu_quantized_t *p, int32_t a, int32_t slope)
{
    int32_t value = a - p->a_zero;
    int32_t scaled = value >= 0 ? bw_requantize(value, p->positive_multiplier, p->positive_shift)
                                : bw_requantize(value * (slope - p->b_zero), p->negative_multiplier, p->negative_shift);
    return bw_clamp_s32(p->out_zero + scaled, p->out_min, p->out_max);
}

#endif
