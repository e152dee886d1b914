/* Strided copy of elements of 32 bits. */
#include "copy.h"

void bw_copy_32(const bw_copy_t *p, const void *in, void *out)
{
    BW_COPY(uint32_t, p, in, out);
}
