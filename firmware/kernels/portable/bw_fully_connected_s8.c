/* Fully connected layer, int8. */
#include "requantize.h"

void bw_fully_connected_s8(const bw_fully_connected_s8_t *p, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const int8_t *weights = p->weights;
        for (int32_t o = 0; o < p->outputs; o++, weights += p->inputs) {
            int32_t sum = 0;
            for (int32_t i = 0; i < p->inputs; i++)
                sum += in[i] * weights[i];
            int32_t channel = o * p->channel_step;
            sum = bw_wrapping_add(sum, p->bias[o]);
            *out++ = bw_requantize_s8(sum, p->multiplier[channel], p->shift[channel], &p->out);
        }
    }
}
