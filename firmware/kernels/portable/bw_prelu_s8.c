/* Leaky ReLU with a slope for each element, with broadcasting, int8. */
#include "broadcast.h"
#include "prelu_quantized.h"

void bw_prelu_s8(const bw_prelu_quantized_t *p, const int8_t *a, const int8_t *b, int8_t *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_prelu_quantized(p, x, y));
}
