/* e^x, the same bits on every core, float32. */
#include "kernels.h"

/* x = n * ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor series to r^7, whose remainder is below 2^-27. */
float bw_exp_f32(float x)
{
    union {
        uint32_t bits;
        float value;
    } power;
    if (x < -87.0f)
        return 0.0f;
    if (x > 88.0f) {
        power.bits = 0x7F800000u;
        return power.value;
    }
    float scaled = x * 0x1.715476p+0f;
    int32_t n = (int32_t)(scaled + (scaled < 0.0f ? -0.5f : 0.5f));
    /* ln 2 in two parts, the first short enough for n * part to be exact. */
    float r = x - (float)n * 0x1.62e4p-1f;
    r = r - (float)n * 0x1.7f7d1cp-20f;
    float sum = 0x1.a01a02p-13f;
    sum = sum * r + 0x1.6c16c2p-10f;
    sum = sum * r + 0x1.111112p-7f;
    sum = sum * r + 0x1.555556p-5f;
    sum = sum * r + 0x1.555556p-3f;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    power.bits = (uint32_t)(n + 127) << 23;
    return sum * power.value;
}
