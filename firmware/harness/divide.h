/* Division of 64-bit counts: the compiler's library routine would cost every image more than a kilobyte. */
#ifndef DIVIDE_H
#define DIVIDE_H

#include <stdint.h>

/* Divides *value by `divisor` (1 to 65535) and returns the remainder: long division with 16-bit digits. */
static inline uint32_t divide(uint64_t *value, uint32_t divisor)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;
    for (int digit = 48; digit >= 0; digit -= 16) {
        uint32_t part = rest << 16 | (uint16_t)(*value >> digit);
        quotient |= (uint64_t)(part / divisor) << digit;
        rest = part % divisor;
    }
    *value = quotient;
    return rest;
}

#endif
