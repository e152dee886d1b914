/* Strided copy of elements of 64 bits. */
#include "copy.h"

void bw_copy_64(const bw_copy_t *p, const void *in, void *out)
{
    BW_COPY(uint64_t, p, in, out);
}
