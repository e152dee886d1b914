/* The larger of two tensors' elements, with broadcasting, int16. */
#include "broadcast.h"

void bw_maximum_s16(const bw_broadcast_t *p, const int16_t *a, const int16_t *b, int16_t *out)
{
    BW_BROADCAST(p, a, b, out, x > y ? x : y);
}
