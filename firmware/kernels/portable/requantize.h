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

/* For int16 outputs: the sum has 64 bits, the multiplier the upper 16 of its 32, and there is one rounding. */
static inline int16_t bw_requantize_s16(int64_t sum, int64_t bias, int32_t multiplier, int shift, const bw_range_t *out)
{
    uint64_t scaled = ((uint64_t)sum + (uint64_t)bias) * (uint64_t)multiplier + (1ull << (14 - shift));
    return (int16_t)bw_clamp_s32((int32_t)((int64_t)scaled >> (15 - shift)), out->min, out->max);
}

#endif
