/* IEEE 754 half precision, stored as its bits. */
#ifndef BW_HALF_H
#define BW_HALF_H

#include <stdint.h>

/* Exact for every finite number, subnormal ones too: the bits in place of a float's, and then its exponent's bias. */
static inline float bw_half_to_float(uint16_t half)
{
    union {
        uint32_t bits;
        float value;
    } number = {(uint32_t)(half & 0x7FFF) << 13};
    number.value *= 0x1p112f;
    number.bits |= (uint32_t)(half & 0x8000) << 16;
    return number.value;
}

#endif
