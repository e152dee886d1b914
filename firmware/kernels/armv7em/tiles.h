/* Convolutions in tiles of four pixels and four channels; the windows of the pixels are copied side by side first. */
#ifndef BW_ARMV7EM_TILES_H
#define BW_ARMV7EM_TILES_H

#include "armv7em/conv_2d_float.h"
#include "armv7em/tile.h"
#include "portable/window.h"

#define BW_TILE_PIXELS 4
#define BW_TILE_CHANNELS 4

/* Every fourth word, as numbers or zeros. */
static inline float *bw_spread(float *to, const float *from, int32_t count)
{
    for (; count >= 4; count -= 4, from += 4, to += 4 * BW_TILE_PIXELS) {
        float x0 = from[0], x1 = from[1], x2 = from[2], x3 = from[3];
        to[0] = x0;
        to[BW_TILE_PIXELS] = x1;
        to[2 * BW_TILE_PIXELS] = x2;
        to[3 * BW_TILE_PIXELS] = x3;
    }
    for (const float *end = from + count; from < end; to += BW_TILE_PIXELS)
        *to = *from++;
    return to;
}

static inline float *bw_spread_zeros(float *to, int32_t count)
{
    for (; count > 0; count--, to += BW_TILE_PIXELS)
        *to = 0.0f;
    return to;
}

/* The window of the output pixel (y, x); taps outside count as zero, which changes no sum. */
static inline void bw_spread_window(const bw_window_t *w, const float *in, int32_t y, int32_t x, float *to)
{
    bw_span_t rows = bw_rows(w, y), columns = bw_columns(w, x);
    int32_t row = w->k_w * w->in_c, taps = columns.last - columns.first;
    to = bw_spread_zeros(to, rows.first * row);
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        to = bw_spread_zeros(to, columns.first * w->in_c);
        const float *from = in + bw_input_at(w, rows, columns, k_y, columns.first);
        if (w->dilation_w == 1) {
            to = bw_spread(to, from, taps * w->in_c);
        } else {
            for (int32_t k_x = 0; k_x < taps; k_x++)
                to = bw_spread(to, from + k_x * w->dilation_w * w->in_c, w->in_c);
        }
        to = bw_spread_zeros(to, (w->k_w - columns.last) * w->in_c);
    }
    (void)bw_spread_zeros(to, (w->k_h - rows.last) * row);
}

/* Four windows that lie inside of the input, with taps side by side. */
static inline void bw_spread_four(const bw_window_t *w, const float *const first[BW_TILE_PIXELS], float *to)
{
    int32_t row = w->k_w * w->in_c, step = w->dilation_h * w->in_w * w->in_c;
    for (int32_t k_y = 0; k_y < w->k_h; k_y++, to += BW_TILE_PIXELS * row)
        for (int32_t i = 0; i < BW_TILE_PIXELS; i++)
            (void)bw_spread(to + i, first[i] + k_y * step, row);
}

/* The windows of `count` output pixels from `pixel` on. */
static inline void bw_spread_windows(const bw_window_t *w, const float *in, int32_t pixel, int32_t count, float *to)
{
    const float *first[BW_TILE_PIXELS];
    int32_t all_inside = w->dilation_w == 1, y[BW_TILE_PIXELS], x[BW_TILE_PIXELS];
    for (int32_t i = 0; i < BW_TILE_PIXELS; i++) {
        int32_t at = pixel + (i < count ? i : 0);
        y[i] = at / w->out_w;
        x[i] = at - y[i] * w->out_w;
        int32_t top = y[i] * w->stride_h - w->pad_h, left = x[i] * w->stride_w - w->pad_w;
        all_inside &= top >= 0 && left >= 0 && top + (w->k_h - 1) * w->dilation_h < w->in_h && left + w->k_w <= w->in_w;
        first[i] = in + (top * w->in_w + left) * w->in_c;
    }
    if (all_inside) {
        bw_spread_four(w, first, to);
        return;
    }
    for (int32_t i = 0; i < BW_TILE_PIXELS; i++)
        bw_spread_window(w, in, y[i], x[i], to + i);
}

/* The whole layer; `multiply` makes a tile, weights of an input have `item_bytes`. */
static inline void bw_convolve_tiles(const bw_conv_2d_float_t *p, const float *in, float *out, uint8_t *scratch, int32_t item_bytes,
                                     void multiply(bw_tile_t *job))
{
    const bw_window_t *w = &p->window;
    float *spread = (float *)(void *)scratch;
    int32_t pixels = w->out_h * w->out_w, inputs = w->k_h * w->k_w * w->in_c;
    bw_tile_t job = {spread, 0, inputs, 0, p->out_min, p->out_max, bw_tile_bounds(p->out_min, p->out_max), {0}};
    for (int32_t done = 0; done < pixels; done += BW_TILE_PIXELS) {
        int32_t count = pixels - done < BW_TILE_PIXELS ? pixels - done : BW_TILE_PIXELS;
        int32_t first = w->backward ? pixels - done - count : done;
        bw_spread_windows(w, in, first, count, spread);
        job.weights = p->weights;
        job.bias = p->bias;
        float *to = out + first * w->out_c;
        for (int32_t left = w->out_c; left > 0; left -= BW_TILE_CHANNELS, to += BW_TILE_CHANNELS) {
            multiply(&job);
            for (int32_t i = 0; i < count; i++) {
                if (left >= BW_TILE_CHANNELS) {
                    __builtin_memcpy(to + i * w->out_c, job.tile + BW_TILE_CHANNELS * i, sizeof(float) * BW_TILE_CHANNELS);
                    continue;
                }
                for (int32_t o = 0; o < BW_TILE_CHANNELS && o < left; o++)
                    to[i * w->out_c + o] = job.tile[BW_TILE_CHANNELS * i + o];
            }
            job.weights = (const uint8_t *)job.weights + BW_TILE_CHANNELS * item_bytes * inputs;
            job.bias += BW_TILE_CHANNELS;
        }
    }
}

/* One input: its pixels are loaded to s16 to s19; channels in w0 to w3. */
#define BW_TILE_ONE(w0, w1, w2, w3)                                                                 \
    "vldmia r1!, {s16-s19}\n"                                                                       \
    BW_TILE_FOUR("s16", "s16", "s16", "s16", w0, w1, w2, w3, "s0", "s1", "s2", "s3")                \
    BW_TILE_FOUR("s17", "s17", "s17", "s17", w0, w1, w2, w3, "s4", "s5", "s6", "s7")                \
    BW_TILE_FOUR("s18", "s18", "s18", "s18", w0, w1, w2, w3, "s8", "s9", "s10", "s11")              \
    BW_TILE_FOUR("s19", "s19", "s19", "s19", w0, w1, w2, w3, "s12", "s13", "s14", "s15")

/* All inputs: `two` and `one` load the channels of two to s20 to s27, or of one to s20 to s23. */
#define BW_TILE_TWO(two) two BW_TILE_ONE("s20", "s21", "s22", "s23") BW_TILE_ONE("s24", "s25", "s26", "s27")
#define BW_TILE_INPUTS(two, one)                                                                    \
    BW_TILE_LOOP(BW_TILE_TWO(two) BW_TILE_TWO(two), one BW_TILE_ONE("s20", "s21", "s22", "s23"))

#define BW_TILE_BIAS                                                                                \
    "ldr r1, [r0, #12]\n"                                                                           \
    "vldmia r1, {s20-s23}\n"                                                                        \
    BW_TILE_ADD("s0", "s20") BW_TILE_ADD("s1", "s21") BW_TILE_ADD("s2", "s22") BW_TILE_ADD("s3", "s23")     \
    BW_TILE_ADD("s4", "s20") BW_TILE_ADD("s5", "s21") BW_TILE_ADD("s6", "s22") BW_TILE_ADD("s7", "s23")     \
    BW_TILE_ADD("s8", "s20") BW_TILE_ADD("s9", "s21") BW_TILE_ADD("s10", "s22") BW_TILE_ADD("s11", "s23")   \
    BW_TILE_ADD("s12", "s20") BW_TILE_ADD("s13", "s21") BW_TILE_ADD("s14", "s22") BW_TILE_ADD("s15", "s23")
#define BW_TILE_ADD(sum, value) "vadd.f32 " sum ", " sum ", " value "\n"

#endif
