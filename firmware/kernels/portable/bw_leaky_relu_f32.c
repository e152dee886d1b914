/* x, or a part of it where it is negative, float32. */
#include "elementwise.h"

void bw_leaky_relu_f32(const bw_leaky_relu_f32_t *p, const float *in, float *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = in[i] > 0.0f ? in[i] : in[i] * p->slope;
}
