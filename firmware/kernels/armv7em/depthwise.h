/* Float depthwise convolutions, four channels at a time. The kernel that includes this has defined the type weight_t. */
#ifndef BW_ARMV7EM_DEPTHWISE_H
#define BW_ARMV7EM_DEPTHWISE_H

#include "armv7em/depthwise_float.h"
#include "fixed_point.h"
#include "portable/window.h"

static inline void depthwise(const bw_depthwise_float_t *p, const float *in, float *out)
{
    const bw_window_t *w = &p->window;
    int32_t channels = w->in_c, taps = 4 * w->k_h * w->k_w, step = w->dilation_w * channels;
    float low = p->out_min, high = p->out_max;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_rows(w, y);
        for (int32_t column = 0; column < w->out_w; column++) {
            int32_t x = bw_walk(w, column, w->out_w);
            bw_span_t columns = bw_columns(w, x);
            const float *first = in + bw_input_at(w, rows, columns, rows.first, columns.first);
            const weight_t *weights = (const weight_t *)p->weights + 4 * (rows.first * w->k_w + columns.first);
            const float *bias = p->bias;
            int32_t next_row = w->dilation_h * w->in_w * channels, runs = columns.last - columns.first;
            float *pixel = out + (y * w->out_w + x) * channels;
            for (float *end = pixel + channels; pixel < end; pixel += 4, first += 4, weights += taps, bias += 4) {
                float a = 0.0f, b = 0.0f, c = 0.0f, d = 0.0f;
                const float *from_row = first;
                const weight_t *tap_row = weights;
                for (int32_t k_y = rows.first; k_y < rows.last; k_y++, from_row += next_row, tap_row += 4 * w->k_w) {
                    const float *from = from_row;
                    const weight_t *tap = tap_row;
                    for (const weight_t *last = tap + 4 * runs; tap < last; tap += 4, from += step) {
                        a += from[0] * (float)tap[0];
                        b += from[1] * (float)tap[1];
                        c += from[2] * (float)tap[2];
                        d += from[3] * (float)tap[3];
                    }
                }
                pixel[0] = bw_clamp_f32(a + bias[0], low, high);
                pixel[1] = bw_clamp_f32(b + bias[1], low, high);
                pixel[2] = bw_clamp_f32(c + bias[2], low, high);
                pixel[3] = bw_clamp_f32(d + bias[3], low, high);
            }
        }
    }
}

#endif
