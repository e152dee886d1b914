/* The loops of every convolution. The kernel that includes this has defined the types input_t, weight_t, sum_t, output_t and
 * context_t, and two functions: product(context, x, w), one term of a sum, and finish(context, sum, o), output channel o.
 *
 * Raster order: output pixels row by row, in each the channels 0 to out_c - 1, each written as soon as it is known; backwards
 * if the window says so. */
#ifndef BW_CONVOLVE_H
#define BW_CONVOLVE_H

#include "window.h"

/* Sum of products of one output channel over the window; outside the input a tap counts as zero. */
static inline sum_t window_sum(const bw_conv_shape_t *s, const context_t *context, const input_t *in, const weight_t *weights,
                               bw_span_t rows, bw_span_t columns)
{
    const bw_window_t *w = &s->window;
    int32_t runs = columns.last - columns.first, run = s->group_c, step = w->dilation_w * w->in_c;
    if (run == step) { /* neighbouring taps lie side by side in the input too */
        run *= runs;
        runs = run > 0;
    }
    sum_t sum = 0;
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        const input_t *x = in + bw_input_at(w, rows, columns, k_y, columns.first);
        const weight_t *tap = weights + (k_y * w->k_w + columns.first) * s->group_c;
        for (int32_t k = 0; k < runs; k++, x += step - run) {
            for (int32_t c = 0; c < run; c++)
                sum += product(context, *x++, *tap++);
        }
    }
    return sum;
}

static inline void convolve(const bw_conv_shape_t *s, const context_t *context, const weight_t *weights, const input_t *in,
                            output_t *out)
{
    const bw_window_t *w = &s->window;
    int32_t group_out_c = w->out_c / (w->in_c / s->group_c);
    int32_t channel_weights = w->k_h * w->k_w * s->group_c;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_rows(w, y);
        for (int32_t column = 0; column < w->out_w; column++) {
            int32_t x = bw_walk(w, column, w->out_w);
            bw_span_t columns = bw_columns(w, x);
            output_t *pixel = out + (y * w->out_w + x) * w->out_c;
            for (int32_t channel = 0; channel < w->out_c; channel++) {
                int32_t o = bw_walk(w, channel, w->out_c);
                const input_t *group = in + o / group_out_c * s->group_c;
                sum_t sum = window_sum(s, context, group, weights + o * channel_weights, rows, columns);
                pixel[o] = finish(context, sum, o);
            }
        }
    }
}

#endif
