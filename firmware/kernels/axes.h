/* Tensors of up to BW_AXES axes, walked row by row: a row is what lies along the last axis. Axes of size 1 cost nothing. */
#ifndef BW_AXES_H
#define BW_AXES_H

#include <stdint.h>

#define BW_AXES 6

static inline int32_t bw_row_count(const int32_t size[BW_AXES])
{
    int32_t rows = 1;
    for (int axis = 0; axis < BW_AXES - 1; axis++)
        rows *= size[axis];
    return rows;
}

/* Where row number `row` starts, in elements, in a tensor with these strides. */
static inline int32_t bw_row_start(const int32_t size[BW_AXES], const int32_t stride[BW_AXES], int32_t row)
{
    int32_t start = 0;
    for (int axis = BW_AXES - 2; axis >= 0 && row; axis--) {
        if (size[axis] > 1) {
            start += row % size[axis] * stride[axis];
            row /= size[axis];
        }
    }
    return start;
}

#endif
