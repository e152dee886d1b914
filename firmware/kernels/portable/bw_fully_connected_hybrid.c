/* Fully connected layer, int8 weights, float32 activations quantized on the fly. */
#include "dynamic.h"
#include "fixed_point.h"
#include "kernels.h"

void bw_fully_connected_hybrid(const bw_fully_connected_hybrid_t *p, const float *in, float *out, uint8_t *scratch)
{
    int8_t *quantized = (int8_t *)scratch;
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        bw_dynamic_t range = bw_quantize_dynamic(in, p->inputs, p->asymmetric, quantized);
        const int8_t *weights = p->weights;
        for (int32_t o = 0; o < p->outputs; o++, weights += p->inputs) {
            int32_t sum = 0;
            for (int32_t i = 0; i < p->inputs; i++)
                sum += (quantized[i] - range.zero) * weights[i];
            float value = (float)sum * (range.scale * p->scale[o * p->channel_step]);
            *out++ = bw_clamp_f32(value + p->bias[o], p->out_min, p->out_max);
        }
    }
}
