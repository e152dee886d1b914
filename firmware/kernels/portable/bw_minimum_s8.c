/* The smaller of two tensors' elements, with broadcasting, int8. */
#include "broadcast.h"

void bw_minimum_s8(const bw_broadcast_t *p, const int8_t *a, const int8_t *b, int8_t *out)
{
    BW_BROADCAST(p, a, b, out, x < y ? x : y);
}
