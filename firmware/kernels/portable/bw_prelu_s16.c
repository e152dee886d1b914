/* Leaky ReLU with a slope for each element, with broadcasting, int16. */
#include "broadcast.h"
#include "prelu_quantized.h"

void bw_prelu_s16(const bw_prelu_quantized_t *p, const int16_t *a, const int8_t *b, int16_t *out)
{
    BW_BROADCAST(&p->shape, a, b, out, bw_prelu_quantized(p, x, y));
}
