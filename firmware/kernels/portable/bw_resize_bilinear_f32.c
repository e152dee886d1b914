/* Resizing with bilinear interpolation, float32. */
#include "resize.h"

static float lerp_f32(float low_low, float high_low, float low_high, float high_high, float y, float x)
{
    return low_low * (1 - y) * (1 - x) + high_low * y * (1 - x) + low_high * (1 - y) * x + high_high * y * x;
}

void bw_resize_bilinear_f32(const bw_resize_bilinear_f32_t *p, const float *in, float *out)
{
    BW_RESIZE(p, in, out, lerp_f32);
}
