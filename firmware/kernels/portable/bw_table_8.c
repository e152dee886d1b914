/* A function of one int8 as a table of 256 outputs. */
#include "elementwise.h"

void bw_table_8(const bw_table_8_t *p, const void *in, void *out)
{
    const uint8_t *from = in;
    uint8_t *to = out;
    for (int32_t i = 0; i < p->elements; i++)
        to[i] = p->table[from[i]];
}
