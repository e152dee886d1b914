/* Strided copy of elements of 16 bits. */
#include "copy.h"

void bw_copy_16(const bw_copy_t *p, const void *in, void *out)
{
    BW_COPY(uint16_t, p, in, out);
}
