/* From a sum of products to a quantized output. */
#ifndef BW_REQUANTIZE_H
#define BW_REQUANTIZE_H

#include "fixed_point.h"
#include "kernels.h"

static inline int8_t bw_requantize_s8(int32_t sum, int32_t multiplier, int shift, const bw_range_t *out)
{
    int32_t value = bw_wrapping_add(bw_requantize(sum, multiplier, shift), out->zero);
    return (int8_t)bw_clamp_s32(value, out->min, out->max);
}

#endif
