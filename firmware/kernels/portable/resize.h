/* One loop for every type: LERP(p, low_low, high_low, low_high, high_high, y, x) of the four neighbours, rows first. */
#ifndef BW_RESIZE_H
#define BW_RESIZE_H

#include "movement.h"

#define BW_RESIZE(p, in, out, LERP)                                                                           \
    do {                                                                                                      \
        for (int32_t y = 0; y < (p)->out_rows; y++) {                                                         \
            int32_t top = (p)->row_low[y] * (p)->in_columns, bottom = (p)->row_high[y] * (p)->in_columns;     \
            for (int32_t x = 0; x < (p)->out_columns; x++) {                                                  \
                int32_t left = (p)->column_low[x], right = (p)->column_high[x], c_n = (p)->channels;          \
                for (int32_t c = 0; c < c_n; c++)                                                             \
                    *(out)++ = LERP((in)[(top + left) * c_n + c], (in)[(bottom + left) * c_n + c],            \
                                    (in)[(top + right) * c_n + c], (in)[(bottom + right) * c_n + c],          \
                                    (p)->row_fraction[y], (p)->column_fraction[x]);                           \
            }                                                                                                 \
        }                                                                                                     \
    } while (0)

#endif
