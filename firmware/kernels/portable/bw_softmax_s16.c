/* Softmax over the last dimension, int16. */
#include "fixed_point.h"
#include "kernels.h"

/* The table at `position` of -32768 … 32767, linearly interpolated between entries 128 apart. */
static int16_t look_up(const int16_t *table, int32_t position)
{
    int32_t clamped = bw_clamp_s32(position, INT16_MIN, INT16_MAX) - INT16_MIN;
    const int16_t *entry = table + (clamped >> 7);
    return (int16_t)(entry[0] + (((entry[1] - entry[0]) * (clamped & 127) + 64) >> 7));
}

static void softmax_row_s16(const bw_softmax_s16_t *p, const int16_t *in, int16_t *out)
{
    int32_t max = INT16_MIN;
    for (int32_t i = 0; i < p->depth; i++)
        max = in[i] > max ? in[i] : max;
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        out[i] = look_up(p->exp, bw_wrapping_add(bw_requantize(in[i] - max, p->multiplier, p->shift), INT16_MAX));
        sum += out[i];
    }
    /* sum = (1 + x) * 2^(31 - headroom) with x in [0, 1), here with 16 bits behind the point. */
    int headroom = __builtin_clz((uint32_t)sum);
    int32_t normalised = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
    int32_t reciprocal = look_up(p->reciprocal, normalised - (1 << 16) + INT16_MIN);
    int shift = 31 - headroom;
    for (int32_t i = 0; i < p->depth; i++) {
        int64_t value = ((int64_t)out[i] * reciprocal + (1 << (shift - 1))) >> shift;
        out[i] = (int16_t)bw_clamp_s32((int32_t)value, 0, INT16_MAX);
    }
}

void bw_softmax_s16(const bw_softmax_s16_t *p, const int16_t *in, int16_t *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth)
        softmax_row_s16(p, in, out);
}
