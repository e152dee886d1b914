/* One loop for every kernel with two inputs. */
#ifndef BW_BROADCAST_H
#define BW_BROADCAST_H

#include "elementwise.h"

/* Writes `expression` of x (an element of a) and y (the element of b that belongs to it) to all of out, in order. */
#define BW_BROADCAST(shape, a, b, out, expression)                                            \
    do {                                                                                      \
        const bw_broadcast_t *s = (shape);                                                    \
        int32_t rows = bw_row_count(s->size);                                                 \
        for (int32_t row = 0; row < rows; row++) {                                            \
            int32_t a_at = bw_row_start(s->size, s->a_stride, row);                           \
            int32_t b_at = bw_row_start(s->size, s->b_stride, row);                           \
            for (int32_t i = 0; i < s->size[BW_AXES - 1]; i++) {                              \
                __typeof__((a)[0] + 0) x = (a)[a_at];                                         \
                __typeof__((b)[0] + 0) y = (b)[b_at];                                         \
                *(out)++ = (__typeof__(*(out)))(expression);                                  \
                a_at += s->a_stride[BW_AXES - 1];                                             \
                b_at += s->b_stride[BW_AXES - 1];                                             \
            }                                                                                 \
        }                                                                                     \
    } while (0)

#endif
