/* Elements of 8 bits, all set to one pattern. */
#include "movement.h"

void bw_fill_8(const bw_fill_t *p, void *out)
{
    uint8_t *elements = out;
    for (int32_t i = 0; i < p->elements; i++)
        elements[i] = (uint8_t)p->pattern;
}
