/* The kernels' contract: constants in one structure per call, activations by pointer, channels last, batch 1.
 *
 * Field names follow TensorFlow Lite. Sizes count elements. Quantized outputs are
 * clamp(out_zero + round(sum * multiplier / 2^31 * 2^shift), out_min, out_max), with the reference's two roundings. */
#ifndef BW_KERNELS_H
#define BW_KERNELS_H

#include <stdint.h>

#include "elementwise.h"
#include "movement.h"
#include "reduce.h"

/* Order. Steps may write their output over an input that dies with them, at a distance the compiler computes from this promise:
 * convolutions, pooling and fully connected layers make outputs in the order of memory (a window with `backward` set: in exactly the
 * opposite order), and write pixel (row) p only while or after reading what it needs; pooling does so channel by channel, and
 * never reads a channel of a pixel's window after writing it. */

/* A window sliding over height and width; pad_h and pad_w are the rows above and the columns left of the input. In a transposed
 * convolution the window slides over the output instead, one step for each input pixel. */
typedef struct {
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t k_h, k_w;
    int32_t stride_h, dilation_h, pad_h;
    int32_t stride_w, dilation_w, pad_w;
    int32_t backward;
} bw_window_t;

/* What a quantized output is clamped to, after its zero point was added. */
typedef struct {
    int32_t zero, min, max;
} bw_range_t;

/* weights: (outputs, inputs); bias (outputs) holds -zero_point(input) * sum of the row's weights already. channel_step is 1 if
 * multiplier and shift have one entry per output, 0 if there is one for all. */
typedef struct {
    int32_t rows, inputs, outputs;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t channel_step;
    bw_range_t out;
} bw_fully_connected_s8_t;
void bw_fully_connected_s8(const bw_fully_connected_s8_t *p, const int8_t *in, int8_t *out);

/* weights: (outputs, inputs); bias (outputs). */
typedef struct {
    int32_t rows, inputs, outputs;
    const float *weights;
    const float *bias;
    float out_min, out_max;
} bw_fully_connected_f32_t;
void bw_fully_connected_f32(const bw_fully_connected_f32_t *p, const float *in, float *out);

/* As bw_conv_2d_s16_t. */
typedef struct {
    int32_t rows, inputs, outputs;
    const int8_t *weights;
    const int64_t *bias;
    const int16_t *multiplier;
    const int8_t *shift;
    int32_t channel_step;
    bw_range_t out;
} bw_fully_connected_s16_t;
void bw_fully_connected_s16(const bw_fully_connected_s16_t *p, const int16_t *in, int16_t *out);

/* As bw_conv_2d_f16_t. */
typedef struct {
    int32_t rows, inputs, outputs;
    const uint16_t *weights;
    const float *bias;
    float out_min, out_max;
} bw_fully_connected_f16_t;
void bw_fully_connected_f16(const bw_fully_connected_f16_t *p, const float *in, float *out);

/* As bw_conv_2d_hybrid_t, each row with a range of its own, symmetric to 0 or not; the scratch buffer holds one row. */
typedef struct {
    int32_t rows, inputs, outputs;
    const int8_t *weights;
    const float *bias;
    const float *scale;
    int32_t channel_step;
    int32_t asymmetric;
    float out_min, out_max;
} bw_fully_connected_hybrid_t;
void bw_fully_connected_hybrid(const bw_fully_connected_hybrid_t *p, const float *in, float *out, uint8_t *scratch);

/* Convolutions. weights: (out_c, k_h, k_w, group_c), group_c = in_c / groups, so a depthwise convolution has group_c 1; bias,
 * multiplier, shift: (out_c), or one entry if channel_step is 0. A transposed convolution has group_c = in_c. */
typedef struct {
    bw_window_t window;
    int32_t group_c;
} bw_conv_shape_t;

typedef struct {
    bw_conv_shape_t shape;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t channel_step;
    int32_t in_zero;
    bw_range_t out;
} bw_conv_2d_s8_t;
void bw_conv_2d_s8(const bw_conv_2d_s8_t *p, const int8_t *in, int8_t *out);
void bw_transpose_conv_s8(const bw_conv_2d_s8_t *p, const int8_t *in, int8_t *out);

typedef struct {
    bw_conv_shape_t shape;
    const float *weights;
    const float *bias;
    float out_min, out_max;
} bw_conv_2d_f32_t;
void bw_conv_2d_f32(const bw_conv_2d_f32_t *p, const float *in, float *out);
void bw_transpose_conv_f32(const bw_conv_2d_f32_t *p, const float *in, float *out);

/* int16 activations have zero point 0; multiplier: the upper 16 bits, rounded; shift -31 to 7. */
typedef struct {
    bw_conv_shape_t shape;
    const int8_t *weights;
    const int64_t *bias;
    const int16_t *multiplier;
    const int8_t *shift;
    int32_t channel_step;
    bw_range_t out;
} bw_conv_2d_s16_t;
void bw_conv_2d_s16(const bw_conv_2d_s16_t *p, const int16_t *in, int16_t *out);
void bw_transpose_conv_s16(const bw_conv_2d_s16_t *p, const int16_t *in, int16_t *out);

/* float activations; weights are the bits of finite half-precision numbers. */
typedef struct {
    bw_conv_shape_t shape;
    const uint16_t *weights;
    const float *bias;
    float out_min, out_max;
} bw_conv_2d_f16_t;
void bw_conv_2d_f16(const bw_conv_2d_f16_t *p, const float *in, float *out);
void bw_transpose_conv_f16(const bw_conv_2d_f16_t *p, const float *in, float *out);

/* float activations, quantized to int8 into the scratch buffer, one byte an element, over their range, symmetric to 0 or not;
 * scale: of the weights, (out_c) or one entry if channel_step is 0. */
typedef struct {
    bw_conv_shape_t shape;
    const int8_t *weights;
    const float *bias;
    const float *scale;
    int32_t channel_step;
    int32_t asymmetric;
    float out_min, out_max;
} bw_conv_2d_hybrid_t;
void bw_conv_2d_hybrid(const bw_conv_2d_hybrid_t *p, const float *in, float *out, uint8_t *scratch);
void bw_transpose_conv_hybrid(const bw_conv_2d_hybrid_t *p, const float *in, float *out, uint8_t *scratch);

typedef struct {
    bw_window_t window;
    int32_t out_min, out_max;
} bw_pool_2d_quantized_t;
void bw_max_pool_2d_s8(const bw_pool_2d_quantized_t *p, const int8_t *in, int8_t *out);
void bw_max_pool_2d_s16(const bw_pool_2d_quantized_t *p, const int16_t *in, int16_t *out);
void bw_average_pool_2d_s8(const bw_pool_2d_quantized_t *p, const int8_t *in, int8_t *out);
void bw_average_pool_2d_s16(const bw_pool_2d_quantized_t *p, const int16_t *in, int16_t *out);

typedef struct {
    bw_window_t window;
    float out_min, out_max;
} bw_pool_2d_f32_t;
void bw_max_pool_2d_f32(const bw_pool_2d_f32_t *p, const float *in, float *out);
void bw_average_pool_2d_f32(const bw_pool_2d_f32_t *p, const float *in, float *out);

/* Output scale 1/256, zero point -128. Differences to the row's maximum below min_difference count as 0. */
typedef struct {
    int32_t rows, depth;
    int32_t multiplier, left_shift, min_difference;
} bw_softmax_s8_t;
void bw_softmax_s8(const bw_softmax_s8_t *p, const int8_t *in, int8_t *out);

/* Output scale 1/32768, zero point 0. multiplier and shift map differences to the maximum from -10 … 0 to -65535 … 0; exp and
 * reciprocal are tables of e^x over [-10, 0] and 1 / (1 + x) over [0, 1], in units of 1/32768, with 513 entries. */
typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift;
    const int16_t *exp;
    const int16_t *reciprocal;
} bw_softmax_s16_t;
void bw_softmax_s16(const bw_softmax_s16_t *p, const int16_t *in, int16_t *out);

typedef struct {
    int32_t rows, depth;
    float beta;
} bw_softmax_f32_t;
void bw_softmax_f32(const bw_softmax_f32_t *p, const float *in, float *out);

/* e^x within 2 units in the last place; +0 below -87, +infinity above 88. Same bits on every target. */
float bw_exp_f32(float x);

#endif
