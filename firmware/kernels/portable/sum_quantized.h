/* From a sum of quantized numbers to a quantized sum or mean. */
#ifndef BW_SUM_QUANTIZED_H
#define BW_SUM_QUANTIZED_H

#include "fixed_point.h"
#include "reduction.h"

static inline int32_t bw_sum_result(const bw_sum_quantized_t *p, int32_t sum, int32_t low, int32_t high)
{
    return bw_clamp_s32(p->out_zero + bw_requantize(sum - p->zeros, p->multiplier, p->shift), low, high);
}

#endif
