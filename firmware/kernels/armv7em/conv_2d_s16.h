/* Contracts of the convolutions of int16 inputs, for the DSP instructions. */
#ifndef BW_ARMV7EM_CONV_2D_S16_H
#define BW_ARMV7EM_CONV_2D_S16_H

#include "kernels.h"

/* What both have: bias as in bw_conv_2d_s16_t; right: of the product of sum and multiplier, 1 to 31. Sums with their bias fit 32 bits.
 * Order as promised in kernels.h. */
typedef struct {
    const int32_t *bias;
    const int16_t *multiplier;
    const uint8_t *right;
    int32_t out_min, out_max;
} bw_outputs_s16_t;

/* As bw_conv_2d_s16 with one group, two pixels and two channels at a time. weights: for each pair of channels and four inputs a word
 * for either channel, with the weights 0, 2, 1, 3 of the inputs; `inputs` are rounded up to a multiple of four, channels to one of
 * two, with weights of 0. Scratch: 4 bytes for every input. */
typedef struct {
    bw_window_t window;
    int32_t inputs;
    const uint32_t *weights;
    bw_outputs_s16_t outputs;
} bw_conv_2d_s16_dsp_t;
void bw_conv_2d_s16_dsp(const bw_conv_2d_s16_dsp_t *p, const int16_t *in, int16_t *out, uint8_t *scratch);

/* As bw_conv_2d_s16 with as many groups as input and output channels, a multiple of four. weights: (channels / 4, k_h, k_w, 4). */
typedef struct {
    bw_window_t window;
    const int16_t *weights;
    bw_outputs_s16_t outputs;
} bw_depthwise_s16_dsp_t;
void bw_depthwise_s16_dsp(const bw_depthwise_s16_dsp_t *p, const int16_t *in, int16_t *out);

#endif
