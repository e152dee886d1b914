/* Elements of 16 bits, all set to one pattern. */
#include "movement.h"

void bw_fill_16(const bw_fill_t *p, void *out)
{
    uint16_t *elements = out;
    for (int32_t i = 0; i < p->elements; i++)
        elements[i] = (uint16_t)p->pattern;
}
