/* One loop for every reduction. */
#ifndef BW_REDUCTION_H
#define BW_REDUCTION_H

#include "reduce.h"

/* For every output: `total` starts as `first`, takes `update` of x (each reduced element, in order), and `result` is written. */
#define BW_REDUCE(shape, in, out, total_t, first, update, result)                                             \
    do {                                                                                                      \
        const bw_reduction_t *s = (shape);                                                                    \
        for (int32_t i = 0; i < s->kept[0]; i++) {                                                            \
            for (int32_t j = 0; j < s->kept[1]; j++) {                                                        \
                int32_t start = i * s->kept_stride[0] + j * s->kept_stride[1];                                \
                total_t total = (first);                                                                      \
                for (int32_t k = 0; k < s->reduced[0]; k++) {                                                 \
                    for (int32_t l = 0; l < s->reduced[1]; l++) {                                             \
                        __typeof__((in)[0] + 0) x = (in)[start + k * s->reduced_stride[0] + l * s->reduced_stride[1]]; \
                        total = (update);                                                                     \
                    }                                                                                         \
                }                                                                                             \
                *(out)++ = (__typeof__(*(out)))(result);                                                      \
            }                                                                                                 \
        }                                                                                                     \
    } while (0)

#endif
