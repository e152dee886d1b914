/* Fully connected layer, float16 weights, float32 activations. */
#include "fixed_point.h"
#include "half.h"
#include "kernels.h"

void bw_fully_connected_f16(const bw_fully_connected_f16_t *p, const float *in, float *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const uint16_t *weights = p->weights;
        for (int32_t o = 0; o < p->outputs; o++, weights += p->inputs) {
            float sum = 0.0f;
            for (int32_t i = 0; i < p->inputs; i++)
                sum += in[i] * bw_half_to_float(weights[i]);
            *out++ = bw_clamp_f32(sum + p->bias[o], p->out_min, p->out_max);
        }
    }
}
