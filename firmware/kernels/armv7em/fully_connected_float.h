/* Contract of the fully connected layers on the floating-point unit. */
#ifndef BW_ARMV7EM_FULLY_CONNECTED_FLOAT_H
#define BW_ARMV7EM_FULLY_CONNECTED_FLOAT_H

#include "kernels.h"

/* As bw_fully_connected_f32 and bw_fully_connected_f16. For every sixteen outputs, weights hold those of an input side by side; bias
 * and weights are padded to a multiple of sixteen outputs. */
typedef struct {
    int32_t rows, inputs, outputs;
    const void *weights;
    const float *bias;
    float out_min, out_max;
} bw_fully_connected_float_t;
void bw_fully_connected_f32_fpu(const bw_fully_connected_float_t *p, const float *in, float *out);
void bw_fully_connected_f16_fpu(const bw_fully_connected_float_t *p, const float *in, float *out);

#endif
