/* Activations quantized to int8 as they come, with the range that they have. */
#include "dynamic.h"
#include "fixed_point.h"

/* Rounded half away from zero, saturated to 24 bits; like LiteRT by adding a half, which is not exact just below a half.
 * What is not a number, as after an overflow, becomes the lowest: no conversion is defined for it. */
static int32_t round_to_integer(float value)
{
    value = value > -8388608.0f ? value : -8388608.0f;
    value = value < 8388607.0f ? value : 8388607.0f;
    return (int32_t)(value + (value < 0.0f ? -0.5f : 0.5f));
}

/* Zero is exact: the zero point is rounded from the end of the range that it lies nearer to. Double precision as in LiteRT. */
static bw_dynamic_t asymmetric_range(float low, float high)
{
    double scale = ((double)high - (double)low) / 255.0;
    double from_low = -128.0 - (double)low / scale, from_high = 127.0 - (double)high / scale;
    double low_error = 128.0 - (double)low / scale, high_error = 127.0 + (double)high / scale;
    double zero = low_error < high_error ? from_low : from_high;
    int32_t rounded = zero <= -128.0 ? -128 : zero >= 127.0 ? 127 : (int32_t)(zero + (zero < 0.0 ? -0.5 : 0.5));
    bw_dynamic_t result = {(float)scale, rounded};
    return result;
}

bw_dynamic_t bw_quantize_dynamic(const float *values, int32_t count, int32_t asymmetric, int8_t *quantized)
{
    float low = 0.0f, high = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    bw_dynamic_t result = {1.0f, 0};
    float inverse = 0.0f;
    if (low < high && asymmetric) {
        result = asymmetric_range(low, high);
        inverse = 1.0f / result.scale;
    } else if (low < high) {
        float range = -low > high ? -low : high;
        result.scale = range / 127.0f;
        inverse = 127.0f / range;
    }
    int32_t lowest = asymmetric ? INT8_MIN : -INT8_MAX;
    for (int32_t i = 0; i < count; i++)
        quantized[i] = (int8_t)bw_clamp_s32(result.zero + round_to_integer(values[i] * inverse), lowest, INT8_MAX);
    return result;
}
