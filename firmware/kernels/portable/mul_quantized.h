/* One element of a quantized product. */
#ifndef BW_MUL_QUANTIZED_H
#define BW_MUL_QUANTIZED_H

#include "elementwise.h"
#include "fixed_point.h"

static inline int32_t bw_mul_quantized(const bw_mul_quantized_t *p, int32_t a, int32_t b)
{
    int32_t product = bw_requantize((a - p->a_zero) * (b - p->b_zero), p->multiplier, p->shift);
    return bw_clamp_s32(p->out_zero + product, p->out_min, p->out_max);
}

#endif
