/* Contract of the convolution of int8 for cores without SIMD. */
#ifndef BW_BLOCKED_CONV_2D_S8_H
#define BW_BLOCKED_CONV_2D_S8_H

#include "kernels.h"

/* As bw_conv_2d_s8 with one group. weights: bytes in the order of kernels.h, `channel_bytes` for each channel, a multiple of four,
 * padded with 0; no two neighbours (inputs 2i and 2i + 1) have absolute values of more than 255 together. constants, for each
 * channel: bias as if every tap lay inside, with the value in_zero outside of the input; multiplier. shift: to the right. `plain`
 * says that all shifts to the right are 1 to 22, sums are below 2^29, and outputs have the whole range of int8. Order as promised
 * in kernels.h, four pixels at a time. Scratch: 8 bytes for every weight of a channel. */
typedef struct {
    bw_window_t window;
    const uint32_t *weights;
    int32_t channel_bytes;
    const int32_t *constants;
    const int8_t *shift;
    int32_t plain;
    int32_t in_zero;
    bw_range_t out;
} bw_conv_2d_s8_blocked_t;
void bw_conv_2d_s8_blocked(const bw_conv_2d_s8_blocked_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

#endif
