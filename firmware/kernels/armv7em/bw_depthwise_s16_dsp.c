/* Depthwise convolution of int16 inputs and int8 weights, for the DSP instructions. */
#include "armv7em/outputs_s16.h"
#include "portable/window.h"

static inline void add_two(int32_t sums[2], const int16_t *from, const int16_t *weights)
{
    uint32_t x, w;
    __builtin_memcpy(&x, from, 4);
    __builtin_memcpy(&w, weights, 4);
    __asm("smlabb %0, %1, %2, %0" : "+r"(sums[0]) : "r"(x), "r"(w));
    __asm("smlatt %0, %1, %2, %0" : "+r"(sums[1]) : "r"(x), "r"(w));
}

void bw_depthwise_s16_dsp(const bw_depthwise_s16_dsp_t *p, const int16_t *in, int16_t *out)
{
    const bw_window_t *w = &p->window;
    const bw_outputs_s16_t outputs = p->outputs; /* a copy: outputs cannot change it */
    int32_t channels = w->in_c, taps = 4 * w->k_h * w->k_w, step = w->dilation_w * channels;
    for (int32_t row = 0; row < w->out_h; row++) {
        int32_t y = bw_walk(w, row, w->out_h);
        bw_span_t rows = bw_rows(w, y);
        for (int32_t column = 0; column < w->out_w; column++) {
            int32_t x = bw_walk(w, column, w->out_w);
            bw_span_t columns = bw_columns(w, x);
            const int16_t *first = in + bw_input_at(w, rows, columns, rows.first, columns.first);
            const int16_t *weights = p->weights + 4 * (rows.first * w->k_w + columns.first);
            int32_t next_row = w->dilation_h * w->in_w * channels, runs = columns.last - columns.first;
            int16_t *pixel = out + (y * w->out_w + x) * channels;
            for (int32_t o = 0; o < channels; o += 4, first += 4, weights += taps) {
                int32_t sums[4] = {0, 0, 0, 0};
                const int16_t *from_row = first, *tap_row = weights;
                for (int32_t k_y = rows.first; k_y < rows.last; k_y++, from_row += next_row, tap_row += 4 * w->k_w) {
                    const int16_t *from = from_row;
                    for (const int16_t *tap = tap_row, *end = tap + 4 * runs; tap < end; tap += 4, from += step) {
                        add_two(sums, from, tap);
                        add_two(sums + 2, from + 2, tap + 2);
                    }
                }
                for (int32_t i = 0; i < 4; i++)
                    pixel[o + i] = bw_output_s16(&outputs, sums[i], o + i);
            }
        }
    }
}
