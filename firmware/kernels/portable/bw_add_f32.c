/* a + b or a - b, with broadcasting, float32. */
#include "broadcast.h"
#include "fixed_point.h"

void bw_add_f32(const bw_add_f32_t *p, const float *a, const float *b, float *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_clamp_f32(x + p->b_sign * y, p->out_min, p->out_max));
}
