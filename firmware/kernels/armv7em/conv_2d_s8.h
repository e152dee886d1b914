/* Contracts of the convolutions of int8, for the DSP instructions. */
#ifndef BW_ARMV7EM_CONV_2D_S8_H
#define BW_ARMV7EM_CONV_2D_S8_H

#include "kernels.h"

/* As bw_conv_2d_s8 with one group. weights: as in paired.h, pair after pair, pair_bytes each; constants: for each pair the start of
 * both sums, and the multipliers of its channels, even first; shift: to the right, less one; `plain` is 1 if all shifts to the
 * right are 1 to 22, channels are even, and outputs have the whole range of int8; 2 if moreover they are at most 16, and the outputs'
 * zero point is -128; else 0, and shifts are signed, less one too.
 * Outside the input, it has the value in_zero. `groups` of four pixels are computed at a time, in an order as promised in kernels.h. */
typedef struct {
    bw_window_t window;
    const uint32_t *weights;
    int32_t pair_bytes;
    const int32_t *constants;
    const uint8_t *shift;
    int32_t plain;
    int32_t in_zero;
    int32_t groups;
    bw_range_t out;
} bw_conv_2d_s8_dsp_t;

/* Any window. Weights in the order of kernels.h; scratch: 9 bytes per weight of a channel and group. */
void bw_conv_2d_s8_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

/* k_h = k_w = 1 without padding, strides 1, input channels a multiple of four; scratch: 8 bytes per input channel and group. */
void bw_conv_2d_s8_1x1_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

/* k_w = 3, dilation 1, stride_w as the name says, input channels a multiple of four. Weights: (pair, k_h, in_c / 4, k_w, 4);
 * scratch: 2 bytes for every input in k_h rows of 6 or 9 columns, for each group. */
void bw_conv_2d_s8_3_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);
void bw_conv_2d_s8_3_stride_2_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

/* Three input channels, k_w = 3, stride_w = 2, dilation 1. Weights: (pair, k_h, 5 words), two neighbours each, the last without a
 * second. Scratch: 56 bytes for each row and group. */
void bw_conv_2d_s8_rgb_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

#endif
