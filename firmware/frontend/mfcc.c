/* MFCC of a second of sound, as its definition in Python has them. */
#include "mfcc.h"

#define HALF (MFCC_FFT / 2)

static float re[MFCC_FFT], im[MFCC_FFT];

typedef union {
    float value;
    uint32_t bits;
} float_bits_t;

/* x >= 0; halving the exponent is within 4 %, and each step of Heron's method squares the error. */
static float square_root(float x)
{
    float_bits_t y = {.value = x};
    if (x < 0x1p-120f)
        return 0.0f;
    y.bits = (y.bits >> 1) + 0x1FBD1DF5u;
    for (int i = 0; i < 3; i++)
        y.value = 0.5f * (y.value + x / y.value);
    return y.value;
}

/* x = 2^n m with m in sqrt(1/2) .. sqrt(2); ln m = 2 artanh s, s = (m - 1) / (m + 1), by its series to s^9. */
static float logarithm(float x)
{
    float_bits_t m = {.value = x};
    int32_t n = (int32_t)((m.bits - 0x3F3504F3u) >> 23);
    n = n > 127 ? n - 512 : n; /* the subtraction may have gone below zero */
    m.bits -= (uint32_t)n << 23;
    float s = (m.value - 1.0f) / (m.value + 1.0f), q = s * s;
    float series = 0x1.c71c72p-4f;
    series = series * q + 0x1.249249p-3f;
    series = series * q + 0x1.99999ap-3f;
    series = series * q + 0x1.555556p-2f;
    return (float)n * 0x1.62e430p-1f + 2.0f * (s + s * q * series);
}

/* Discrete Fourier transform of re, im in place: radix 2, decimation in time. */
static void transform(void)
{
    for (uint32_t i = 1, j = 0; i < MFCC_FFT; i++) {
        uint32_t bit = HALF;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j |= bit;
        if (i < j) {
            float swap = re[i];
            re[i] = re[j];
            re[j] = swap; /* im is zero throughout */
        }
    }
    for (uint32_t size = 2; size <= MFCC_FFT; size *= 2) {
        for (uint32_t start = 0; start < MFCC_FFT; start += size) {
            for (uint32_t k = 0; k < size / 2; k++) {
                uint32_t a = start + k, b = a + size / 2, turn = k * (MFCC_FFT / size);
                float b_re = re[b] * mfcc_cos[turn] + im[b] * mfcc_sin[turn];
                float b_im = im[b] * mfcc_cos[turn] - re[b] * mfcc_sin[turn];
                re[b] = re[a] - b_re;
                im[b] = im[a] - b_im;
                re[a] += b_re;
                im[a] += b_im;
            }
        }
    }
}

void mfcc_frame(const int16_t *samples, float coefficients[MFCC_COEFFICIENTS])
{
    for (uint32_t i = 0; i < MFCC_FFT; i++) {
        re[i] = i < MFCC_WINDOW ? (float)samples[i] * 0x1p-15f * mfcc_hann[i] : 0.0f;
        im[i] = 0.0f;
    }
    transform();
    for (uint32_t k = 0; k <= HALF; k++)
        re[k] = square_root(re[k] * re[k] + im[k] * im[k]);
    for (uint32_t c = 0; c < MFCC_COEFFICIENTS; c++)
        coefficients[c] = 0.0f;
    const float *weight = mfcc_band_weights, *cosine = mfcc_dct;
    for (uint32_t band = 0; band < MFCC_BANDS; band++) {
        float energy = 0.0f;
        for (uint32_t k = 0; k < mfcc_band_bins[band]; k++)
            energy += *weight++ * re[mfcc_band_first[band] + k];
        float level = logarithm(energy + MFCC_LOG_FLOOR);
        for (uint32_t c = 0; c < MFCC_COEFFICIENTS; c++)
            coefficients[c] += level * *cosine++;
    }
}
