/* Contract of the depthwise 3x3 convolution of int8 for cores without SIMD. */
#ifndef BW_BLOCKED_DEPTHWISE_3X3_S8_H
#define BW_BLOCKED_DEPTHWISE_3X3_S8_H

#include "kernels.h"

/* As bw_conv_2d_s8 with as many groups as input and output channels; k_h = k_w = 3, dilation 1, stride_h = stride_w 1 or 2; in any
 * order. weights: nine for each channel; constants, for each channel: bias as if every tap lay inside and inputs were 128 more,
 * with the value in_zero outside of the input; multiplier. shift: to the right, 1 to 22. Sums are below 2^29.
 *
 * The plane of a channel is copied with its padding before its outputs are written: the output may take the very place of the
 * input, as no channel meets another. Scratch: rows * columns bytes. */
typedef struct {
    bw_window_t window;
    int32_t rows, columns;
    const int8_t *weights;
    const int32_t *constants;
    const int8_t *shift;
    int32_t in_zero;
    bw_range_t out;
} bw_depthwise_3x3_s8_blocked_t;
void bw_depthwise_3x3_s8_blocked(const bw_depthwise_3x3_s8_blocked_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

#endif
