/* a + b or a - b, with broadcasting, int8. */
#include "broadcast.h"
#include "add_quantized.h"

void bw_add_s8(const bw_add_quantized_t *p, const int8_t *a, const int8_t *b, int8_t *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_add_quantized(p, x, y));
}
