#include "fixed_point.h"
#include "kernels.h"

void bw_fully_connected_s8(const bw_fully_connected_s8_t *p, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const int8_t *weights = p->weights;
        for (int32_t o = 0; o < p->outputs; o++, weights += p->inputs) {
            int32_t sum = p->bias[o];
            for (int32_t i = 0; i < p->inputs; i++)
                sum += in[i] * weights[i];
            int32_t channel = o * p->channel_step;
            sum = p->out_zero + bw_requantize(sum, p->multiplier[channel], p->shift[channel]);
            *out++ = (int8_t)bw_clamp_s32(sum, p->out_min, p->out_max);
        }
    }
}
