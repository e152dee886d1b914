/* Products of int16 inputs and int8 weights. */
#ifndef BW_ARMV7EM_TWO_PIXELS_H
#define BW_ARMV7EM_TWO_PIXELS_H

#include <stdint.h>

/* Sums of two channels of two pixels: even and odd of the first, even and odd of the second. weights: as in bw_conv_2d_s16_dsp_t; in:
 * the inputs of either pixel, a multiple of four. Returns the weights of the next channels. */
const uint32_t *bw_two_pixels(const uint32_t *weights, const int16_t *in, int32_t inputs, int32_t sums[4]);

#endif
