/* Convolution of int16 inputs and int8 weights, for the DSP instructions. */
#include "armv7em/outputs_s16.h"
#include "armv7em/two_pixels.h"
#include "portable/window.h"

static int16_t *copy(int16_t *to, const int16_t *from, int32_t count)
{
    for (; count >= 2; count -= 2, to += 2, from += 2)
        __builtin_memcpy(to, from, 4);
    if (count)
        *to++ = *from;
    return to;
}

static int16_t *zeros(int16_t *to, int32_t count)
{
    for (; count > 0; count--)
        *to++ = 0;
    return to;
}

/* Copies what an output pixel needs, as long as `end`; taps outside of the input are 0. */
static void gather_s16(const bw_window_t *w, const int16_t *in, int32_t pixel, int16_t *to, int16_t *end)
{
    int32_t y = pixel / w->out_w, tap_row = w->k_w * w->in_c;
    bw_span_t rows = bw_rows(w, y), columns = bw_columns(w, pixel - y * w->out_w);
    int32_t runs = columns.last - columns.first;
    to = zeros(to, rows.first * tap_row);
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        const int16_t *from = in + bw_input_at(w, rows, columns, k_y, columns.first);
        to = zeros(to, columns.first * w->in_c);
        if (w->dilation_w == 1) {
            to = copy(to, from, runs * w->in_c);
        } else {
            for (int32_t k_x = 0; k_x < runs; k_x++)
                to = copy(to, from + k_x * w->dilation_w * w->in_c, w->in_c);
        }
        to = zeros(to, (w->k_w - columns.last) * w->in_c);
    }
    (void)zeros(to, (int32_t)(end - to));
}

void bw_conv_2d_s16_dsp(const bw_conv_2d_s16_dsp_t *p, const int16_t *in, int16_t *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    const bw_outputs_s16_t outputs = p->outputs; /* a copy: outputs cannot change it */
    int16_t *windows = (int16_t *)(void *)scratch;
    int32_t pixels = w->out_h * w->out_w, channels = w->out_c;
    for (int32_t done = 0; done < pixels; done += 2) {
        int32_t count = pixels - done < 2 ? 1 : 2, first = w->backward ? pixels - done - count : done;
        gather_s16(w, in, first, windows, windows + p->inputs);
        gather_s16(w, in, first + count - 1, windows + p->inputs, windows + 2 * p->inputs);
        const uint32_t *weights = p->weights;
        int16_t *a = out + first * channels, *b = a + (count - 1) * channels;
        for (int32_t o = 0; o < channels; o += 2) {
            int32_t sums[4];
            weights = bw_two_pixels(weights, windows, p->inputs, sums);
            a[o] = bw_output_s16(&outputs, sums[0], o);
            b[o] = bw_output_s16(&outputs, sums[2], o);
            if (o + 1 < channels) {
                a[o + 1] = bw_output_s16(&outputs, sums[1], o + 1);
                b[o + 1] = bw_output_s16(&outputs, sums[3], o + 1);
            }
        }
    }
}
