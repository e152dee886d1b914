/* Four pixels of a convolution at a time, for RV32: one output channel after the other. */
#include "blocked/four_pixels.h"
#include "fixed_point.h"
#include "rv32/in_order.h"

/* Sums of two pixels. */
typedef struct {
    uint32_t both;
    int32_t upper;
} sums_t;

static inline void add(sums_t *sums, uint32_t xa, uint32_t xb, int32_t wa, int32_t wb)
{
    uint32_t products = xa * (uint32_t)wa + xb * (uint32_t)wb;
    sums->both += products;
    sums->upper += (int32_t)(products + 0x8000u) >> 16;
    BW_IN_ORDER(sums->both);
    BW_IN_ORDER(sums->upper);
}

static inline int32_t scale(int32_t sum, int32_t multiplier, int32_t shift, int32_t rounding)
{
    int64_t doubled = (int64_t)(2 * sum) * multiplier; /* sums are below 2^29 */
    int32_t value = (int32_t)(doubled >> 32) + (int32_t)((uint32_t)doubled >> 31);
    return bw_clamp_s32((value + rounding + (value >> 31)) >> shift, INT8_MIN, INT8_MAX);
}

/* The outputs of a channel. */
static inline void finish(bw_four_t *job, sums_t low, sums_t high)
{
    int32_t sum0 = (int32_t)(low.both - ((uint32_t)low.upper << 16)), sum2 = (int32_t)(high.both - ((uint32_t)high.upper << 16));
    if (!job->plain) {
        job->sums[0] = sum0;
        job->sums[1] = low.upper;
        job->sums[2] = sum2;
        job->sums[3] = high.upper;
        bw_four_outputs(job);
        return;
    }
    int32_t multiplier = job->constants[1], shift = *job->shift, rounding = job->rounding * (1 << (shift - 1));
    int8_t *out = job->out;
    out[job->offset[2]] = (int8_t)scale(high.upper, multiplier, shift, rounding);
    out[job->offset[1]] = (int8_t)scale(sum2, multiplier, shift, rounding);
    out[job->offset[0]] = (int8_t)scale(low.upper, multiplier, shift, rounding);
    *out = (int8_t)scale(sum0, multiplier, shift, rounding);
    job->constants += 2;
    job->shift += 1;
    job->out += 1;
}

static inline sums_t start(const int32_t *constants)
{
    sums_t sums = {(uint32_t)*constants * 0x10001u, *constants};
    return sums;
}

void bw_four_pixels(bw_four_t *job)
{
    const int8_t *weights = (const int8_t *)job->weights;
    int32_t inputs = job->channel_bytes;
    for (; job->channels >= 2; job->channels -= 2, weights += 2 * inputs) {
        const uint32_t *x = job->in;
        const int8_t *a = weights, *b = weights + inputs;
        sums_t a_low = start(job->constants), a_high = a_low, b_low = start(job->constants + 2), b_high = b_low;
        for (const int8_t *end = a + inputs; a < end; a += 4, b += 4, x += 8) {
            add(&a_low, x[0], x[1], a[0], a[1]);
            add(&b_low, x[0], x[1], b[0], b[1]);
            add(&a_high, x[2], x[3], a[0], a[1]);
            add(&b_high, x[2], x[3], b[0], b[1]);
            add(&a_low, x[4], x[5], a[2], a[3]);
            add(&b_low, x[4], x[5], b[2], b[3]);
            add(&a_high, x[6], x[7], a[2], a[3]);
            add(&b_high, x[6], x[7], b[2], b[3]);
        }
        finish(job, a_low, a_high);
        finish(job, b_low, b_high);
    }
    if (job->channels) {
        const uint32_t *x = job->in;
        sums_t low = start(job->constants), high = low;
        for (const int8_t *a = weights, *end = a + inputs; a < end; a += 2, x += 4) {
            add(&low, x[0], x[1], a[0], a[1]);
            add(&high, x[2], x[3], a[0], a[1]);
        }
        finish(job, low, high);
    }
}
