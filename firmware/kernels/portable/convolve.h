/* The loops of every convolution. The kernel that includes this has defined the types input_t, weight_t, sum_t, output_t and
 * context_t, and two functions: product(context, x, w), one term of a sum, and finish(context, sum, o), output channel o.
 *
 * Raster order: output pixels row by row, in each the channels 0 to out_c - 1, each written as soon as it is known. */
#ifndef BW_CONVOLVE_H
#define BW_CONVOLVE_H

#include "window.h"

/* Sum of products of one output channel over the window; outside the input a tap counts as zero. */
static inline sum_t window_sum(const bw_conv_shape_t *s, const context_t *context, const input_t *in, const weight_t *weights,
                               bw_span_t rows, bw_span_t columns)
{
    sum_t sum = 0;
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        for (int32_t k_x = columns.first; k_x < columns.last; k_x++) {
            const input_t *pixel = in + bw_input_at(&s->window, rows, columns, k_y, k_x);
            const weight_t *tap = weights + (k_y * s->window.k_w + k_x) * s->group_c;
            for (int32_t c = 0; c < s->group_c; c++)
                sum += product(context, pixel[c], tap[c]);
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
    for (int32_t y = 0; y < w->out_h; y++) {
        bw_span_t rows = bw_rows(w, y);
        for (int32_t x = 0; x < w->out_w; x++) {
            bw_span_t columns = bw_columns(w, x);
            for (int32_t o = 0; o < w->out_c; o++) {
                const input_t *group = in + o / group_out_c * s->group_c;
                sum_t sum = window_sum(s, context, group, weights + o * channel_weights, rows, columns);
                *out++ = finish(context, sum, o);
            }
        }
    }
}

#endif
