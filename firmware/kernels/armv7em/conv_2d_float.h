/* Contract of the convolutions on the floating-point unit. */
#ifndef BW_ARMV7EM_CONV_2D_FLOAT_H
#define BW_ARMV7EM_CONV_2D_FLOAT_H

#include "kernels.h"

/* As bw_conv_2d_f32 and bw_conv_2d_f16 with one group. For every four channels, weights hold those of an input side by side; bias and
 * weights are padded to a multiple of four channels. Order as promised in kernels.h, four pixels at a time. Scratch: 16 bytes for
 * every weight of a channel. */
typedef struct {
    bw_window_t window;
    const void *weights;
    const float *bias;
    float out_min, out_max;
} bw_conv_2d_float_t;
void bw_conv_2d_f32_fpu(const bw_conv_2d_float_t *p, const float *in, float *out, uint8_t *scratch);
void bw_conv_2d_f16_fpu(const bw_conv_2d_float_t *p, const float *in, float *out, uint8_t *scratch);

#endif
