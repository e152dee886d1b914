/* One loop for every element size. */
#ifndef BW_COPY_H
#define BW_COPY_H

#include "movement.h"

#define BW_COPY(element_t, p, in, out)                                                                        \
    do {                                                                                                      \
        int32_t rows = bw_row_count((p)->size), length = (p)->size[BW_AXES - 1];                              \
        int32_t in_step = (p)->in_stride[BW_AXES - 1], out_step = (p)->out_stride[BW_AXES - 1];               \
        for (int32_t row = 0; row < rows; row++) {                                                            \
            int32_t from = (p)->in_start + bw_row_start((p)->size, (p)->in_stride, row);                      \
            int32_t to = (p)->out_start + bw_row_start((p)->size, (p)->out_stride, row);                      \
            for (int32_t i = 0; i < length; i++)                                                              \
                ((element_t *)(out))[to + i * out_step] = ((const element_t *)(in))[from + i * in_step];      \
        }                                                                                                     \
    } while (0)

#endif
