/* From sums to outputs without 64-bit numbers. */
#ifndef BW_SCALE_H
#define BW_SCALE_H

#include <stdint.h>

#include "fixed_point.h"

/* sum * multiplier / 2^31 / 2^shift with the reference's two roundings, for |sum| < 2^29 and a shift of 1 to 22; `rounding` is
 * 2 * zero point + 1, times 2^(shift - 1): the zero point and half of what the second shift takes. */
static inline int32_t bw_scale(int32_t sum, int32_t multiplier, int32_t shift, int32_t rounding)
{
    int32_t low = (int16_t)sum, high = (sum - low) >> 16;
    int32_t m_high = multiplier >> 16, m_low = multiplier & 0xFFFF;
    int32_t middle = low * m_high + (low * m_low >> 16) + high * m_low;
    int32_t value = 2 * high * m_high + ((middle + (1 << 14)) >> 15);
    return (value + rounding + (value >> 31)) >> shift;
}

#endif
