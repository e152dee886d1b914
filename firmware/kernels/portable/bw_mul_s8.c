/* a * b, with broadcasting, int8. */
#include "broadcast.h"
#include "mul_quantized.h"

void bw_mul_s8(const bw_mul_quantized_t *p, const int8_t *a, const int8_t *b, int8_t *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_mul_quantized(p, x, y));
}
