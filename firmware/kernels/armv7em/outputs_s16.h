/* From a sum of products of int16 inputs to an output. */
#ifndef BW_OUTPUTS_S16_H
#define BW_OUTPUTS_S16_H

#include "armv7em/conv_2d_s16.h"
#include "fixed_point.h"

static inline int16_t bw_output_s16(const bw_outputs_s16_t *p, int32_t sum, int32_t o)
{
    int32_t right = p->right[o];
    int64_t product = (int64_t)(sum + p->bias[o]) * p->multiplier[o] + (1u << (right - 1));
    int32_t value = (int32_t)((uint32_t)(product >> 32) << (32 - right) | (uint32_t)product >> right);
    return (int16_t)bw_clamp_s32(value, p->out_min, p->out_max);
}

#endif
