/* Fully connected layer of int8 for cores without SIMD. */
#include "blocked/fully_connected_s8.h"
#include "blocked/scale.h"

void bw_fully_connected_s8_blocked(const bw_fully_connected_s8_blocked_t *p, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const uint32_t *weights = p->weights;
        const int32_t *constants = p->constants;
        const int8_t *shift = p->shift;
        int32_t above = 0;
        for (int32_t i = 0; i < p->inputs; i++)
            above += in[i];
        above *= 128;
        for (int32_t left = p->outputs; left > 0; left -= 4, weights += p->inputs) {
            int32_t sums[4];
            bw_four_rows(sums, weights, in, p->inputs);
            for (int32_t i = 0; i < 4 && i < left; i++, constants += 2, shift++) {
                int32_t sum = sums[i] + constants[0] - (i < 3 ? above : 0);
                int32_t rounding = (2 * p->out.zero + 1) * (1 << (*shift - 1));
                *out++ = (int8_t)bw_clamp_s32(bw_scale(sum, constants[1], *shift, rounding), p->out.min, p->out.max);
            }
        }
    }
}
