/* Maxima over some dimensions, int8. */
#include "reduction.h"

void bw_reduce_max_s8(const bw_reduction_t *p, const int8_t *in, int8_t *out)
{
    BW_REDUCE(p, in, out, int32_t, INT8_MIN, x > total ? x : total, total);
}
