/* Fully connected layer, int16. */
#include "requantize.h"

void bw_fully_connected_s16(const bw_fully_connected_s16_t *p, const int16_t *in, int16_t *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const int8_t *weights = p->weights;
        for (int32_t o = 0; o < p->outputs; o++, weights += p->inputs) {
            int64_t sum = 0;
            for (int32_t i = 0; i < p->inputs; i++)
                sum += in[i] * weights[i];
            int32_t channel = o * p->channel_step;
            *out++ = bw_requantize_s16(sum, p->bias[o], p->multiplier[channel], p->shift[channel], &p->out);
        }
    }
}
