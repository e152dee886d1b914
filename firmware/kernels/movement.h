/* Kernels that move elements without computing. The number in a name is the element's size in bits. */
#ifndef BW_MOVEMENT_H
#define BW_MOVEMENT_H

#include <stdint.h>

#include "axes.h"

/* Copies a tensor between two layouts; starts and strides in elements, strides may be negative. Elements are read and written in the
 * order of the axes, so out may lie over in where both are dense and out does not run ahead. */
typedef struct {
    int32_t size[BW_AXES];
    int32_t in_start, in_stride[BW_AXES];
    int32_t out_start, out_stride[BW_AXES];
} bw_copy_t;
void bw_copy_8(const bw_copy_t *p, const void *in, void *out);
void bw_copy_16(const bw_copy_t *p, const void *in, void *out);
void bw_copy_32(const bw_copy_t *p, const void *in, void *out);
void bw_copy_64(const bw_copy_t *p, const void *in, void *out);

/* Fills out with the element whose bits are `pattern`. */
typedef struct {
    int32_t elements;
    uint32_t pattern;
} bw_fill_t;
void bw_fill_8(const bw_fill_t *p, void *out);
void bw_fill_16(const bw_fill_t *p, void *out);
void bw_fill_32(const bw_fill_t *p, void *out);

/* out[i][j] = in[rows[i]][columns[j]], in blocks of bytes; in has row_blocks blocks a row. */
typedef struct {
    int32_t out_rows, out_columns, row_blocks, block_bytes;
    const int32_t *rows, *columns;
} bw_gather_t;
void bw_gather(const bw_gather_t *p, const void *in, void *out);

/* Interpolates between rows low and high, columns low and high; the fraction weighs high. in: (rows, in_columns, channels). */
typedef struct {
    int32_t out_rows, out_columns, in_columns, channels;
    const int32_t *row_low, *row_high, *column_low, *column_high;
    const float *row_fraction, *column_fraction;
} bw_resize_bilinear_f32_t;
void bw_resize_bilinear_f32(const bw_resize_bilinear_f32_t *p, const float *in, float *out);

/* Fractions in units of 1/1024. */
typedef struct {
    int32_t out_rows, out_columns, in_columns, channels;
    const int32_t *row_low, *row_high, *column_low, *column_high;
    const int32_t *row_fraction, *column_fraction;
} bw_resize_bilinear_s8_t;
void bw_resize_bilinear_s8(const bw_resize_bilinear_s8_t *p, const int8_t *in, int8_t *out);

#endif
