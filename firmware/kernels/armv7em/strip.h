/* Convolutions three taps wide. The k_h rows and the columns under four neighbouring windows are expanded once, as groups of four
 * channels: (k_h, in_c / 4, 2 words, columns). With stride 2 the even columns come first, so that windows are neighbours. */
#ifndef BW_ARMV7EM_STRIP_H
#define BW_ARMV7EM_STRIP_H

#include "armv7em/pixels.h"
#include "portable/window.h"

#define BW_STRIP_COLUMNS(stride) (3 * (stride) + 3)
#define BW_STRIP_WORDS(w, stride) ((w)->k_h * (w)->in_c / 2 * BW_STRIP_COLUMNS(stride))

/* Expands what lies under four windows: rows of the input as bw_rows gives them, and columns from `column` on. */
typedef void (*bw_expand_strip_t)(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, bw_span_t rows, int32_t column, int32_t stride,
                                  uint32_t *to);

static inline void bw_expand_strip(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, bw_span_t rows, int32_t column, int32_t stride,
                                   uint32_t *to)
{
    const bw_window_t *w = &p->window;
    uint32_t zero = (uint32_t)(p->in_zero & 0xFFFF) * 0x10001u;
    int32_t groups = w->in_c / 4, columns = BW_STRIP_COLUMNS(stride);
    for (int32_t k_y = 0; k_y < w->k_h; k_y++, to += 2 * columns * groups) {
        const int8_t *row = in + (rows.origin + k_y * w->dilation_h) * w->in_w * w->in_c;
        for (int32_t i = 0; i < columns; i++) {
            uint32_t *group = to + (stride == 1 ? i : i / 2 + i % 2 * (columns + 1) / 2);
            if (k_y >= rows.first && k_y < rows.last && column + i >= 0 && column + i < w->in_w) {
                const uint32_t *from = (const uint32_t *)(const void *)(row + (column + i) * w->in_c);
                for (const uint32_t *end = from + groups; from < end; group += 2 * columns)
                    bw_expand(*from++, group, columns);
            } else {
                for (int32_t c = 0; c < groups; c++, group += 2 * columns)
                    group[0] = group[columns] = zero;
            }
        }
    }
}

/* The whole layer: `expand` makes a strip of `words`, `multiply` goes over all pairs of channels of some. */
static inline void bw_convolve_strips(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch, int32_t stride,
                                      int32_t words, bw_expand_strip_t expand, void multiply(bw_pixels_t *job))
{
    const bw_window_t *w = &p->window;
    uint32_t *strips = (uint32_t *)(void *)scratch;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_rows(w, y);
        for (int32_t done = 0, count; done < w->out_w; done += count) {
            int32_t left = w->out_w - done, groups = left / BW_PIXELS < p->groups ? left / BW_PIXELS : p->groups;
            count = groups ? BW_PIXELS * groups : left;
            int32_t x = w->backward ? left - count : done;
            for (int32_t i = 0; i < count; i += BW_PIXELS)
                expand(p, in, rows, (x + i) * stride - w->pad_w, stride, strips + i / BW_PIXELS * words);
            bw_pixels_t job = bw_pixels_job(p, strips, words, out + (y * w->out_w + x) * w->out_c, count);
            multiply(&job);
        }
    }
}

#endif
