/* Kernels that turn many elements into one. */
#ifndef BW_REDUCE_H
#define BW_REDUCE_H

#include <stdint.h>

/* Two axes that stay and two that are reduced, outer first; strides in elements. Other shapes are joined into this one. */
typedef struct {
    int32_t kept[2], kept_stride[2];
    int32_t reduced[2], reduced_stride[2];
} bw_reduction_t;

/* divisor: the number of reduced elements for a mean, 1 for a sum. */
typedef struct {
    bw_reduction_t shape;
    float divisor;
} bw_sum_f32_t;
void bw_sum_f32(const bw_sum_f32_t *p, const float *in, float *out);

/* clamp(out_zero + round((sum - zeros) * multiplier / 2^31 * 2^shift)); zeros: the input's zero point times the reduced elements. */
typedef struct {
    bw_reduction_t shape;
    int32_t zeros, multiplier, shift, out_zero;
} bw_sum_quantized_t;
void bw_sum_s8(const bw_sum_quantized_t *p, const int8_t *in, int8_t *out);
void bw_sum_s16(const bw_sum_quantized_t *p, const int16_t *in, int16_t *out);

void bw_reduce_max_f32(const bw_reduction_t *p, const float *in, float *out);
void bw_reduce_max_s8(const bw_reduction_t *p, const int8_t *in, int8_t *out);

/* Index of the first of the largest elements; in: (outer, size, inner). */
typedef struct {
    int32_t outer, size, inner;
} bw_arg_max_t;
void bw_arg_max_f32(const bw_arg_max_t *p, const float *in, int32_t *out);
void bw_arg_max_s8(const bw_arg_max_t *p, const int8_t *in, int32_t *out);

#endif
