/* Sums or means over some dimensions, int8. */
#include "sum_quantized.h"

void bw_sum_s8(const bw_sum_quantized_t *p, const int8_t *in, int8_t *out)
{
    BW_REDUCE(&p->shape, in, out, int32_t, 0, total + x, bw_sum_result(p, total, INT8_MIN, INT8_MAX));
}
