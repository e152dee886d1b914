/* Walks the part of a sliding window that lies inside the input. */
#ifndef BW_WINDOW_H
#define BW_WINDOW_H

#include "kernels.h"

/* Taps first to last - 1 of one axis of the window lie inside the input; origin is the input position of tap 0. */
typedef struct {
    int32_t origin, first, last;
} bw_span_t;

static inline bw_span_t bw_span(int32_t position, int32_t stride, int32_t pad, int32_t dilation, int32_t taps, int32_t size)
{
    bw_span_t span = {position * stride - pad, 0, taps};
    while (span.first < taps && span.origin + span.first * dilation < 0)
        span.first++;
    while (span.last > span.first && span.origin + (span.last - 1) * dilation >= size)
        span.last--;
    return span;
}

static inline bw_span_t bw_rows(const bw_window_t *w, int32_t out_y)
{
    return bw_span(out_y, w->stride_h, w->pad_h, w->dilation_h, w->k_h, w->in_h);
}

static inline bw_span_t bw_columns(const bw_window_t *w, int32_t out_x)
{
    return bw_span(out_x, w->stride_w, w->pad_w, w->dilation_w, w->k_w, w->in_w);
}

/* Position `step` of `count` in the direction of the window. */
static inline int32_t bw_walk(const bw_window_t *w, int32_t step, int32_t count)
{
    return w->backward ? count - 1 - step : step;
}

/* Index of channel 0 at tap (k_y, k_x). */
static inline int32_t bw_input_at(const bw_window_t *w, bw_span_t rows, bw_span_t columns, int32_t k_y, int32_t k_x)
{
    return ((rows.origin + k_y * w->dilation_h) * w->in_w + columns.origin + k_x * w->dilation_w) * w->in_c;
}

#endif
