/* a * b, with broadcasting, int16. */
#include "broadcast.h"
#include "mul_quantized.h"

void bw_mul_s16(const bw_mul_quantized_t *p, const int16_t *a, const int16_t *b, int16_t *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_mul_quantized(p, x, y));
}
