/* Contract of the convolution of activations that are quantized as they come, for the DSP instructions. */
#ifndef BW_ARMV7EM_CONV_2D_HYBRID_DSP_H
#define BW_ARMV7EM_CONV_2D_HYBRID_DSP_H

#include "kernels.h"

/* As bw_conv_2d_hybrid with one group, two pixels and two channels at a time. weights and inputs: as in bw_conv_2d_s16_dsp_t; the
 * scratch buffer holds the quantized input, rounded up to a multiple of four, and then 4 bytes for every one of `inputs`. */
typedef struct {
    bw_window_t window;
    int32_t inputs;
    const uint32_t *weights;
    const float *bias;
    const float *scale;
    int32_t channel_step;
    int32_t asymmetric;
    float out_min, out_max;
} bw_conv_2d_hybrid_dsp_t;
void bw_conv_2d_hybrid_dsp(const bw_conv_2d_hybrid_dsp_t *p, const float *in, float *out, uint8_t *scratch);

#endif
