/* Hyperbolic tangent, float32. */
#include "kernels.h"

/* tanh x = (1 - e^-2x) / (1 + e^-2x); near 0, where that cancels, the Taylor series to x^9 (remainder below 2^-26 x). */
static float tanh_of(float x)
{
    float magnitude = x < 0.0f ? -x : x;
    if (magnitude < 0.25f) {
        float square = x * x;
        float sum = 62.0f / 2835.0f;
        sum = sum * square - 17.0f / 315.0f;
        sum = sum * square + 2.0f / 15.0f;
        sum = sum * square - 1.0f / 3.0f;
        return x + x * square * sum;
    }
    float power = bw_exp_f32(-2.0f * magnitude);
    float result = (1.0f - power) / (1.0f + power);
    return x < 0.0f ? -result : result;
}

void bw_tanh_f32(const bw_elements_t *p, const float *in, float *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = tanh_of(in[i]);
}
