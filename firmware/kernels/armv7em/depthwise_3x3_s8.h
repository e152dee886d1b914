/* Contract of the depthwise 3x3 convolutions of int8, for the DSP instructions. */
#ifndef BW_ARMV7EM_DEPTHWISE_3X3_S8_H
#define BW_ARMV7EM_DEPTHWISE_3X3_S8_H

#include "kernels.h"

/* As bw_conv_2d_s8 with as many groups as input and output channels, an even number; k_h = k_w = 3, dilation 1, stride_h = stride_w
 * as the name says; in any order. channels, for each five words: weights of the rows as bytes 0 to 2; bias as if every tap lay
 * inside, with the value in_zero outside of the input; multiplier. Byte 3 of the first is the shift to the right less one if
 * `plain`: all shifts to the right are 1 to 22, outputs have the whole range of int8. Else byte 3 is 255, and shift has the shifts.
 *
 * The plane of a channel is expanded to 16 bits, with its padding, before its outputs are written: the output may take the very
 * place of the input, as no channel meets another. Scratch: two planes of `columns` words, two elements each, times `rows`. */
typedef struct {
    bw_window_t window;
    int32_t rows, columns;
    const uint32_t *channels;
    const int8_t *shift;
    int32_t in_zero;
    bw_range_t out;
} bw_depthwise_3x3_s8_t;
void bw_depthwise_3x3_s8_dsp(const bw_depthwise_3x3_s8_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);
void bw_depthwise_3x3_stride_2_s8_dsp(const bw_depthwise_3x3_s8_t *p, const int8_t *in, int8_t *out, uint8_t *scratch);

#endif
