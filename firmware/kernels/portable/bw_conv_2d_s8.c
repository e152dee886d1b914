#include "fixed_point.h"
#include "kernels.h"
#include "window.h"

/* Sum of products of one output channel over the window; outside the input a tap counts as zero. */
static int32_t window_sum(const bw_conv_2d_s8_t *p, const int8_t *in, const int8_t *weights, bw_span_t rows, bw_span_t columns)
{
    int32_t sum = 0;
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        for (int32_t k_x = columns.first; k_x < columns.last; k_x++) {
            const int8_t *pixel = in + bw_input_at(&p->window, rows, columns, k_y, k_x);
            const int8_t *tap = weights + (k_y * p->window.k_w + k_x) * p->group_c;
            for (int32_t c = 0; c < p->group_c; c++)
                sum += (pixel[c] - p->in_zero) * tap[c];
        }
    }
    return sum;
}

void bw_conv_2d_s8(const bw_conv_2d_s8_t *p, const int8_t *in, int8_t *out)
{
    const bw_window_t *w = &p->window;
    int32_t group_out_c = w->out_c / (w->in_c / p->group_c);
    int32_t channel_weights = w->k_h * w->k_w * p->group_c;
    for (int32_t y = 0; y < w->out_h; y++) {
        bw_span_t rows = bw_rows(w, y);
        for (int32_t x = 0; x < w->out_w; x++) {
            bw_span_t columns = bw_columns(w, x);
            for (int32_t o = 0; o < w->out_c; o++) {
                const int8_t *group = in + o / group_out_c * p->group_c;
                int32_t sum = window_sum(p, group, p->weights + o * channel_weights, rows, columns);
                if (p->bias)
                    sum += p->bias[o];
                sum = p->out_zero + bw_requantize(sum, p->multiplier[o], p->shift[o]);
                *out++ = (int8_t)bw_clamp_s32(sum, p->out_min, p->out_max);
            }
        }
    }
}
