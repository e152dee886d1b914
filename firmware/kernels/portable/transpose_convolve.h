/* The loops of every transposed convolution; types and functions as in convolve.h. Each output gathers the inputs that reach it:
 * input pixel (i_y, i_x) reaches output (i_y * stride_h - pad_h + k_y, i_x * stride_w - pad_w + k_x) through tap (k_y, k_x). */
#ifndef BW_TRANSPOSE_CONVOLVE_H
#define BW_TRANSPOSE_CONVOLVE_H

#include "window.h"

/* Inputs first to last - 1 of one axis reach an output; origin is the tap through which input 0 would. */
static inline bw_span_t bw_sources(int32_t position, int32_t stride, int32_t pad, int32_t taps, int32_t size)
{
    int32_t origin = position + pad;
    bw_span_t span = {origin, origin < taps ? 0 : (origin - taps) / stride + 1, origin / stride + 1};
    span.last = span.last < size ? span.last : size;
    return span;
}

static inline sum_t gathered_sum(const bw_conv_shape_t *s, const context_t *context, const input_t *in, const weight_t *weights,
                                 bw_span_t rows, bw_span_t columns)
{
    const bw_window_t *w = &s->window;
    sum_t sum = 0;
    for (int32_t i_y = rows.first; i_y < rows.last; i_y++) {
        for (int32_t i_x = columns.first; i_x < columns.last; i_x++) {
            const input_t *pixel = in + (i_y * w->in_w + i_x) * w->in_c;
            int32_t k_y = rows.origin - i_y * w->stride_h;
            int32_t k_x = columns.origin - i_x * w->stride_w;
            const weight_t *tap = weights + (k_y * w->k_w + k_x) * w->in_c;
            for (int32_t c = 0; c < w->in_c; c++)
                sum += product(context, pixel[c], tap[c]);
        }
    }
    return sum;
}

static inline void transpose_convolve(const bw_conv_shape_t *s, const context_t *context, const weight_t *weights,
                                      const input_t *in, output_t *out)
{
    const bw_window_t *w = &s->window;
    int32_t channel_weights = w->k_h * w->k_w * w->in_c;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_sources(y, w->stride_h, w->pad_h, w->k_h, w->in_h);
        for (int32_t column = 0; column < w->out_w; column++) {
            int32_t x = bw_walk(w, column, w->out_w);
            bw_span_t columns = bw_sources(x, w->stride_w, w->pad_w, w->k_w, w->in_w);
            output_t *pixel = out + (y * w->out_w + x) * w->out_c;
            for (int32_t channel = 0; channel < w->out_c; channel++) {
                int32_t o = bw_walk(w, channel, w->out_c);
                sum_t sum = gathered_sum(s, context, in, weights + o * channel_weights, rows, columns);
                pixel[o] = finish(context, sum, o);
            }
        }
    }
}

#endif
