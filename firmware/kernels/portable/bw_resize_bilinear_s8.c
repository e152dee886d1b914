/* Resizing with bilinear interpolation, int8. */
#include "resize.h"

/* Fractions can be negative at the border, where both neighbours are the same pixel; rounds half away from zero. */
static int8_t lerp_s8(int8_t low_low, int8_t high_low, int8_t low_high, int8_t high_high, int32_t y, int32_t x)
{
    const int32_t one = 1 << 10, half = 1 << 19;
    int32_t low = low_low * (one - y) + high_low * y;
    int32_t high = low_high * (one - y) + high_high * y;
    int64_t sum = (int64_t)low * (one - x) + (int64_t)high * x;
    return (int8_t)((sum + (sum > 0 ? half : -half)) / (1 << 20));
}

void bw_resize_bilinear_s8(const bw_resize_bilinear_s8_t *p, const int8_t *in, int8_t *out)
{
    BW_RESIZE(p, in, out, lerp_s8);
}
