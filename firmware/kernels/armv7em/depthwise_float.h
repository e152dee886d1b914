/* Contract of the depthwise convolutions on the floating-point unit. */
#ifndef BW_ARMV7EM_DEPTHWISE_FLOAT_H
#define BW_ARMV7EM_DEPTHWISE_FLOAT_H

#include "kernels.h"

/* As bw_conv_2d_f32 and bw_conv_2d_f16 with as many groups as input and output channels, a multiple of four. weights:
 * (channels / 4, k_h, k_w, 4). Order as promised in kernels.h. */
typedef struct {
    bw_window_t window;
    const void *weights;
    const float *bias;
    float out_min, out_max;
} bw_depthwise_float_t;
void bw_depthwise_f32_fpu(const bw_depthwise_float_t *p, const float *in, float *out);
void bw_depthwise_f16_fpu(const bw_depthwise_float_t *p, const float *in, float *out);

#endif
