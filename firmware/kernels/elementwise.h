/* Kernels that compute every output element from one element of each input. */
#ifndef BW_ELEMENTWISE_H
#define BW_ELEMENTWISE_H

#include <stdint.h>

#include "axes.h"

/* Two inputs stretched to a common shape: strides in elements, 0 along an axis on which an input is repeated. */
typedef struct {
    int32_t size[BW_AXES];
    int32_t a_stride[BW_AXES];
    int32_t b_stride[BW_AXES];
} bw_broadcast_t;

/* clamp(a + b_sign * b); b_sign -1 subtracts. */
typedef struct {
    bw_broadcast_t shape;
    float b_sign;
    float out_min, out_max;
} bw_add_f32_t;
void bw_add_f32(const bw_add_f32_t *p, const float *a, const float *b, float *out);

/* Both inputs are shifted left by left_shift and scaled to a common scale, added, and scaled to the output's. Shifts are <= 0. */
typedef struct {
    bw_broadcast_t shape;
    int32_t left_shift;
    int32_t a_zero, a_multiplier, a_shift;
    int32_t b_zero, b_multiplier, b_shift, b_sign;
    int32_t out_zero, out_multiplier, out_shift, out_min, out_max;
} bw_add_quantized_t;
void bw_add_s8(const bw_add_quantized_t *p, const int8_t *a, const int8_t *b, int8_t *out);
void bw_add_s16(const bw_add_quantized_t *p, const int16_t *a, const int16_t *b, int16_t *out);

typedef struct {
    bw_broadcast_t shape;
    float out_min, out_max;
} bw_mul_f32_t;
void bw_mul_f32(const bw_mul_f32_t *p, const float *a, const float *b, float *out);

typedef struct {
    bw_broadcast_t shape;
    int32_t a_zero, b_zero;
    int32_t out_zero, multiplier, shift, out_min, out_max;
} bw_mul_quantized_t;
void bw_mul_s8(const bw_mul_quantized_t *p, const int8_t *a, const int8_t *b, int8_t *out);
void bw_mul_s16(const bw_mul_quantized_t *p, const int16_t *a, const int16_t *b, int16_t *out);

void bw_maximum_f32(const bw_broadcast_t *p, const float *a, const float *b, float *out);
void bw_maximum_s8(const bw_broadcast_t *p, const int8_t *a, const int8_t *b, int8_t *out);
void bw_maximum_s16(const bw_broadcast_t *p, const int16_t *a, const int16_t *b, int16_t *out);
void bw_minimum_f32(const bw_broadcast_t *p, const float *a, const float *b, float *out);
void bw_minimum_s8(const bw_broadcast_t *p, const int8_t *a, const int8_t *b, int8_t *out);
void bw_minimum_s16(const bw_broadcast_t *p, const int16_t *a, const int16_t *b, int16_t *out);

/* a where a >= 0, else a * slope (input b). */
void bw_prelu_f32(const bw_broadcast_t *p, const float *a, const float *b, float *out);
typedef struct {
    bw_broadcast_t shape;
    int32_t a_zero, b_zero, out_zero, out_min, out_max;
    int32_t positive_multiplier, positive_shift, negative_multiplier, negative_shift;
} bw_prelu_quantized_t;
void bw_prelu_s8(const bw_prelu_quantized_t *p, const int8_t *a, const int8_t *b, int8_t *out);
void bw_prelu_s16(const bw_prelu_quantized_t *p, const int16_t *a, const int8_t *b, int16_t *out);

/* out[i] = table[in[i] as an unsigned byte]: every function from 8-bit to 8-bit elements. */
typedef struct {
    int32_t elements;
    const uint8_t *table;
} bw_table_8_t;
void bw_table_8(const bw_table_8_t *p, const void *in, void *out);

typedef struct {
    int32_t elements;
    float out_min, out_max;
} bw_clamp_f32_t;
void bw_clamp_all_f32(const bw_clamp_f32_t *p, const float *in, float *out);

typedef struct {
    int32_t elements;
    float slope;
} bw_leaky_relu_f32_t;
void bw_leaky_relu_f32(const bw_leaky_relu_f32_t *p, const float *in, float *out);

/* Values above in_zero take the positive multiplier, values below it the negative one. */
typedef struct {
    int32_t elements;
    int32_t in_zero, out_zero;
    int32_t positive_multiplier, positive_shift, negative_multiplier, negative_shift;
} bw_leaky_relu_s16_t;
void bw_leaky_relu_s16(const bw_leaky_relu_s16_t *p, const int16_t *in, int16_t *out);

typedef struct {
    int32_t elements;
} bw_elements_t;
void bw_hard_swish_f32(const bw_elements_t *p, const float *in, float *out);
void bw_logistic_f32(const bw_elements_t *p, const float *in, float *out);
void bw_tanh_f32(const bw_elements_t *p, const float *in, float *out);

/* in * multiplier / 2^shift is the input in units of 1 / (3 * 4096); table: 2^16 / (1 + e^(-i / 24)) for i = 0 to 255. */
typedef struct {
    int32_t elements;
    int32_t multiplier, shift;
    const uint16_t *table;
} bw_sigmoid_s16_t;
void bw_logistic_s16(const bw_sigmoid_s16_t *p, const int16_t *in, int16_t *out);
void bw_tanh_s16(const bw_sigmoid_s16_t *p, const int16_t *in, int16_t *out);

/* Between quantizations; also RELU of int16. */
typedef struct {
    int32_t elements;
    int32_t in_zero, out_zero, multiplier, shift, out_min, out_max;
} bw_requantize_t;
void bw_requantize_s8_s16(const bw_requantize_t *p, const int8_t *in, int16_t *out);
void bw_requantize_s16_s8(const bw_requantize_t *p, const int16_t *in, int8_t *out);
void bw_requantize_s16_s16(const bw_requantize_t *p, const int16_t *in, int16_t *out);

/* real = scale * (element - zero). Quantizing rounds half away from zero and saturates; NaN becomes the zero point. */
typedef struct {
    int32_t elements;
    float scale;
    int32_t zero;
} bw_quantize_t;
void bw_quantize_f32_s8(const bw_quantize_t *p, const float *in, int8_t *out);
void bw_quantize_f32_s16(const bw_quantize_t *p, const float *in, int16_t *out);
void bw_dequantize_s8_f32(const bw_quantize_t *p, const int8_t *in, float *out);
void bw_dequantize_s16_f32(const bw_quantize_t *p, const int16_t *in, float *out);

#endif
