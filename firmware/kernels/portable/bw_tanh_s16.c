/* Hyperbolic tangent, int16. */
#include "sigmoid_s16.h"

/* tanh(x) = 2 / (1 + e^-2x) - 1. */
void bw_tanh_s16(const bw_sigmoid_s16_t *p, const int16_t *in, int16_t *out)
{
    const int32_t half = 1 << 23, round = 1 << 7;
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t x = bw_sigmoid_input(p, in[i]);
        int32_t upper = bw_sigmoid_lookup(p->table, bw_magnitude(x), 8, 0xFFFF << 8);
        int32_t result = x >= 0 ? upper - half + round : half - upper + round - 1;
        out[i] = (int16_t)(result >> 8);
    }
}
