/* Maxima over some dimensions, float32. */
#include <float.h>

#include "reduction.h"

void bw_reduce_max_f32(const bw_reduction_t *p, const float *in, float *out)
{
    BW_REDUCE(p, in, out, float, -FLT_MAX, x > total ? x : total, total);
}
