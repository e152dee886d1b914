#include "armv7em/pixels.h"
#include "armv7em/single.h"
#include "portable/window.h"

/* Copies what output pixel (y, x) needs to `to`, `padding` for what lies outside; returns the end. */
static int8_t *gather(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, bw_span_t rows, int32_t x, int8_t *to)
{
    const bw_window_t *w = &p->window;
    bw_span_t columns = bw_columns(w, x);
    for (int32_t k_y = 0; k_y < w->k_h; k_y++) {
        int inside = k_y >= rows.first && k_y < rows.last;
        for (int32_t k_x = 0; k_x < w->k_w; k_x++) {
            const int8_t *from = in + bw_input_at(w, rows, columns, k_y, k_x);
            int here = inside && k_x >= columns.first && k_x < columns.last;
            for (int32_t c = 0; c < w->in_c; c++)
                *to++ = here ? *from++ : (int8_t)p->in_zero;
        }
    }
    return to;
}

void bw_conv_2d_s8_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    int32_t words = p->pair_bytes / 8;
    uint32_t *expanded = (uint32_t *)(void *)scratch, *bytes = expanded + 2 * BW_PIXELS * words;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_rows(w, y);
        for (int32_t done = 0; done < w->out_w; done += BW_PIXELS) {
            int32_t count = w->out_w - done < BW_PIXELS ? w->out_w - done : BW_PIXELS;
            int32_t x = w->backward ? w->out_w - done - count : done;
            for (int32_t i = 0; i < count; i++) {
                gather(p, in, rows, x + i, (int8_t *)bytes);
                for (int32_t word = 0; word < words; word++)
                    bw_expand(bytes[word], expanded + 2 * (BW_PIXELS * word + i));
            }
            bw_pixels_t job = bw_pixels_job(p, expanded, out + (y * w->out_w + x) * w->out_c, count);
            bw_single(&job, p->weights);
        }
    }
}
