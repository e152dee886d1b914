/* Every element clamped: the ReLU family, float32. */
#include "elementwise.h"
#include "fixed_point.h"

void bw_clamp_all_f32(const bw_clamp_f32_t *p, const float *in, float *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = bw_clamp_f32(in[i], p->out_min, p->out_max);
}
