/* From a float to a quantized number. */
#ifndef BW_QUANTIZE_H
#define BW_QUANTIZE_H

#include "elementwise.h"
#include "fixed_point.h"

/* value / scale rounded half away from zero, plus zero, within low and high. */
static inline int32_t bw_quantize(const bw_quantize_t *p, float value, int32_t low, int32_t high)
{
    float scaled = value / p->scale;
    /* Beyond 2^17 every output saturates; within, float to int is defined and the remainder is exact. */
    if (scaled != scaled)
        scaled = 0.0f;
    scaled = bw_clamp_f32(scaled, -0x1p17f, 0x1p17f);
    int32_t whole = (int32_t)scaled;
    float rest = scaled - (float)whole;
    whole += (rest >= 0.5f) - (rest <= -0.5f);
    return bw_clamp_s32(whole + p->zero, low, high);
}

#endif
