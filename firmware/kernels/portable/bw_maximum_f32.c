/* The larger of two tensors' elements, with broadcasting, float32. */
#include "broadcast.h"

void bw_maximum_f32(const bw_broadcast_t *p, const float *a, const float *b, float *out)
{
    BW_BROADCAST(p, a, b, out, x > y ? x : y);
}
