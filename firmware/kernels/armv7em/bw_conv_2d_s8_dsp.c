/* Convolution of int8 with any window, for the DSP instructions. */
#include "armv7em/single.h"
#include "portable/window.h"

static inline void copy(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4)
        __builtin_memcpy(to, from, 4);
    if (count & 2)
        __builtin_memcpy(to, from, 2);
    if (count & 1)
        to[count & 2] = from[count & 2];
}

/* Copies what the output pixel in column x needs to `to`, which is `words` long; taps outside become `zero`. */
static inline void gather(const bw_window_t *w, const int8_t *in, bw_span_t rows, int32_t x, uint32_t zero, int32_t words, int8_t *to)
{
    bw_span_t columns = {x * w->stride_w - w->pad_w, 0, w->k_w};
    if (columns.origin < 0 || columns.origin + (w->k_w - 1) * w->dilation_w >= w->in_w)
        columns = bw_columns(w, x);
    if (rows.last - rows.first < w->k_h || columns.last - columns.first < w->k_w) {
        for (int32_t word = 0; word < words; word++)
            __builtin_memcpy(to + 4 * word, &zero, 4);
    }
    int32_t run = w->in_c * (columns.last - columns.first), tap_row = w->k_w * w->in_c, step = w->dilation_h * w->in_w * w->in_c;
    const int8_t *from = in + bw_input_at(w, rows, columns, rows.first, columns.first);
    to += rows.first * tap_row + columns.first * w->in_c;
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++, from += step, to += tap_row) {
        if (w->dilation_w == 1) {
            copy(to, from, run);
        } else {
            for (int32_t k_x = 0; k_x < columns.last - columns.first; k_x++)
                copy(to + k_x * w->in_c, from + k_x * w->dilation_w * w->in_c, w->in_c);
        }
    }
}

BW_SMALL void bw_conv_2d_s8_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    int32_t words = p->pair_bytes / 8, pixels = w->out_h * w->out_w;
    uint32_t zero = (uint32_t)(p->in_zero & 0xFF) * 0x1010101u;
    uint32_t *expanded = (uint32_t *)(void *)scratch, *bytes = expanded + p->groups * bw_group_words(p);
    int32_t row = -1, block = BW_PIXELS * p->groups;
    bw_span_t rows = {0, 0, 0};
    for (int32_t done = 0; done < pixels; done += block) {
        int32_t count = pixels - done < block ? pixels - done : block;
        int32_t first = w->backward ? pixels - done - count : done;
        for (int32_t i = 0; i < count; i++) {
            int32_t y = (first + i) / w->out_w;
            if (y != row)
                rows = bw_rows(w, row = y);
            gather(w, in, rows, first + i - y * w->out_w, zero, words, (int8_t *)bytes);
            uint32_t *to = expanded + i / BW_PIXELS * bw_group_words(p) + i % BW_PIXELS;
            for (const uint32_t *from = bytes, *end = bytes + words; from < end; to += 2 * BW_PIXELS)
                bw_expand(*from++, to, BW_PIXELS);
        }
        bw_single(p, expanded, out + first * w->out_c, count);
    }
}
