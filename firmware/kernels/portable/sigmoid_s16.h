/* What logistic and tanh of int16 share: scaling of the input, and the table. */
#ifndef BW_SIGMOID_S16_H
#define BW_SIGMOID_S16_H

#include "elementwise.h"

/* The input in units of 1 / (3 * 4096), rounded to nearest. */
static inline int32_t bw_sigmoid_input(const bw_sigmoid_s16_t *p, int16_t in)
{
    int32_t round = p->shift > 0 ? 1 << (p->shift - 1) : 0;
    return (int32_t)((uint32_t)(in * p->multiplier) + (uint32_t)round) >> p->shift;
}

/* Table entry position / 2^bits, linearly interpolated, times 2^bits; `past` beyond the table. */
static inline int32_t bw_sigmoid_lookup(const uint16_t *table, uint32_t position, int bits, int32_t past)
{
    uint32_t entry = position >> bits;
    if (entry >= 255)
        return past;
    uint32_t fraction = position & ((1u << bits) - 1);
    return (int32_t)(((uint32_t)table[entry] << bits) + fraction * (uint32_t)(table[entry + 1] - table[entry]));
}

static inline uint32_t bw_magnitude(int32_t value)
{
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

#endif
