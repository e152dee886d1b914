/* Strided copy of elements of 8 bits. */
#include "copy.h"

void bw_copy_8(const bw_copy_t *p, const void *in, void *out)
{
    BW_COPY(uint8_t, p, in, out);
}
