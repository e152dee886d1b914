/* Sums or means over some dimensions, float32. */
#include "reduction.h"

void bw_sum_f32(const bw_sum_f32_t *p, const float *in, float *out)
{
    BW_REDUCE(&p->shape, in, out, float, 0.0f, total + x, total / p->divisor);
}
