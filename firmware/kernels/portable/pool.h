/* The loops of every pooling. The kernel that includes this has defined the types input_t and params_t, and a function
 * pooled(p, channel, rows, columns): the output of one channel, which starts at `channel` in the input's first pixel.
 *
 * Raster order, channels innermost, backwards if the window says so; each output is written as soon as it is known. */
#ifndef BW_POOL_H
#define BW_POOL_H

#include "fixed_point.h"
#include "window.h"

static inline void pool(const params_t *p, const input_t *in, input_t *out)
{
    const bw_window_t *w = &p->window;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_rows(w, y);
        for (int32_t column = 0; column < w->out_w; column++) {
            int32_t x = bw_walk(w, column, w->out_w);
            bw_span_t columns = bw_columns(w, x);
            input_t *pixel = out + (y * w->out_w + x) * w->in_c;
            for (int32_t channel = 0; channel < w->in_c; channel++) {
                int32_t c = bw_walk(w, channel, w->in_c);
                pixel[c] = pooled(p, in + c, rows, columns);
            }
        }
    }
}

#endif
