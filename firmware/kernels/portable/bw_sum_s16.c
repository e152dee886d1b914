/* Sums or means over some dimensions, int16. */
#include "sum_quantized.h"

void bw_sum_s16(const bw_sum_quantized_t *p, const int16_t *in, int16_t *out)
{
    BW_REDUCE(&p->shape, in, out, int32_t, 0, total + x, bw_sum_result(p, total, INT16_MIN, INT16_MAX));
}
