/* Softmax over the last dimension, float32. */
#include "kernels.h"

void bw_softmax_f32(const bw_softmax_f32_t *p, const float *in, float *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth) {
        float max = in[0];
        for (int32_t i = 1; i < p->depth; i++)
            max = in[i] > max ? in[i] : max;
        float sum = 0.0f;
        for (int32_t i = 0; i < p->depth; i++) {
            out[i] = bw_exp_f32((in[i] - max) * p->beta);
            sum += out[i];
        }
        for (int32_t i = 0; i < p->depth; i++)
            out[i] = out[i] / sum;
    }
}
