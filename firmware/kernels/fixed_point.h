/* Fixed-point arithmetic as gemmlowp and TensorFlow Lite define it: saturating, rounding to nearest. */
#ifndef BW_FIXED_POINT_H
#define BW_FIXED_POINT_H

#include <stdint.h>

static inline int32_t bw_clamp_s32(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static inline float bw_clamp_f32(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* a * b * 2 / 2^32, rounded half away from zero; -2^31 squared saturates. */
static inline int32_t bw_doubling_high_mul(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    int64_t product = (int64_t)a * b;
    int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

/* x / 2^exponent, rounded half away from zero; exponent 0 to 31. */
static inline int32_t bw_rounding_shift_right(int32_t x, int exponent)
{
    int32_t mask = (int32_t)((1ll << exponent) - 1);
    int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + ((x & mask) > threshold);
}

/* x * 2^exponent, saturating; exponent 0 to 31. */
static inline int32_t bw_saturating_shift_left(int32_t x, int exponent)
{
    int64_t shifted = (int64_t)x * ((int64_t)1 << exponent);
    return shifted > INT32_MAX ? INT32_MAX : shifted < INT32_MIN ? INT32_MIN : (int32_t)shifted;
}

/* x * multiplier / 2^31 * 2^shift with two roundings; shift -31 to 30. The left shift wraps as on the reference. */
static inline int32_t bw_requantize(int32_t x, int32_t multiplier, int shift)
{
    int left = shift > 0 ? shift : 0;
    int right = shift > 0 ? 0 : -shift;
    int32_t scaled = (int32_t)((uint32_t)x << left);
    return bw_rounding_shift_right(bw_doubling_high_mul(scaled, multiplier), right);
}

/* a + b modulo 2^32: sums that leave 32 bits wrap, as they do on the reference. */
static inline int32_t bw_wrapping_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* sum / count, rounded half away from zero. */
static inline int32_t bw_rounded_mean(int32_t sum, int32_t count)
{
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

#endif
