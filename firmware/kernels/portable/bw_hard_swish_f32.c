/* x * ReLU6(x + 3) / 6, float32. */
#include "elementwise.h"
#include "fixed_point.h"

void bw_hard_swish_f32(const bw_elements_t *p, const float *in, float *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = in[i] * bw_clamp_f32(in[i] + 3.0f, 0.0f, 6.0f) / 6.0f;
}
