/* a + b or a - b, with broadcasting, int16. */
#include "broadcast.h"
#include "add_quantized.h"

void bw_add_s16(const bw_add_quantized_t *p, const int16_t *a, const int16_t *b, int16_t *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_add_quantized(p, x, y));
}
