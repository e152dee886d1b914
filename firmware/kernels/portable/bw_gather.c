/* Blocks copied in the order of two tables: transposition, slices and nearest neighbours. */
#include "movement.h"

void bw_gather(const bw_gather_t *p, const void *in, void *out)
{
    uint8_t *to = out;
    for (int32_t row = 0; row < p->out_rows; row++) {
        for (int32_t column = 0; column < p->out_columns; column++) {
            int32_t block = p->rows[row] * p->row_blocks + p->columns[column];
            const uint8_t *from = (const uint8_t *)in + block * p->block_bytes;
            for (int32_t byte = 0; byte < p->block_bytes; byte++)
                *to++ = *from++;
        }
    }
}
