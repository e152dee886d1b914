/* Elements of 32 bits, all set to one pattern. */
#include "movement.h"

void bw_fill_32(const bw_fill_t *p, void *out)
{
    uint32_t *elements = out;
    for (int32_t i = 0; i < p->elements; i++)
        elements[i] = (uint32_t)p->pattern;
}
