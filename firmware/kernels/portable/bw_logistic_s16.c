/* 1 / (1 + e^-x), int16. */
#include "sigmoid_s16.h"

void bw_logistic_s16(const bw_sigmoid_s16_t *p, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t x = bw_sigmoid_input(p, in[i]);
        int32_t upper = bw_sigmoid_lookup(p->table, bw_magnitude(x), 9, 0x7FFF << 10);
        int32_t result = x >= 0 ? upper + (1 << 9) : (1 << 25) - upper + (1 << 9) - 1;
        out[i] = (int16_t)(result >> 10);
    }
}
