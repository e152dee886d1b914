/* Leaky ReLU with a slope for each element, with broadcasting, float32. */
#include "broadcast.h"

void bw_prelu_f32(const bw_broadcast_t *p, const float *a, const float *b, float *out)
{
    BW_BROADCAST(p, a, b, out, x >= 0.0f ? x : x * y);
}
