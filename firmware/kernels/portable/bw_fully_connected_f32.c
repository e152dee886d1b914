/* Fully connected layer, float32. */
#include "fixed_point.h"
#include "kernels.h"

void bw_fully_connected_f32(const bw_fully_connected_f32_t *p, const float *in, float *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const float *weights = p->weights;
        for (int32_t o = 0; o < p->outputs; o++, weights += p->inputs) {
            float sum = 0.0f;
            for (int32_t i = 0; i < p->inputs; i++)
                sum += in[i] * weights[i];
            *out++ = bw_clamp_f32(sum + p->bias[o], p->out_min, p->out_max);
        }
    }
}
