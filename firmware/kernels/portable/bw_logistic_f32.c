/* 1 / (1 + e^-x), float32. */
#include "kernels.h"

void bw_logistic_f32(const bw_elements_t *p, const float *in, float *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = 1.0f / (1.0f + bw_exp_f32(-in[i]));
}
