/* Convolution of activations that are quantized as they come, for the DSP instructions. */
#include "armv7em/conv_2d_hybrid_dsp.h"
#include "armv7em/two_pixels.h"
#include "fixed_point.h"
#include "portable/dynamic.h"
#include "portable/window.h"

/* Copies what an output pixel needs, less the zero point, as long as `end`; taps outside of the input are 0. */
static void gather_hybrid(const bw_window_t *w, const int8_t *in, int32_t zero, int32_t pixel, int16_t *to, int16_t *end)
{
    int32_t y = pixel / w->out_w;
    bw_span_t rows = bw_rows(w, y), columns = bw_columns(w, pixel - y * w->out_w);
    for (int32_t k_y = 0; k_y < w->k_h; k_y++) {
        for (int32_t k_x = 0; k_x < w->k_w; k_x++) {
            int inside = k_y >= rows.first && k_y < rows.last && k_x >= columns.first && k_x < columns.last;
            const int8_t *from = in + bw_input_at(w, rows, columns, k_y, k_x);
            for (int32_t c = 0; c < w->in_c; c++)
                *to++ = inside ? (int16_t)(from[c] - zero) : 0;
        }
    }
    while (to < end)
        *to++ = 0;
}

static inline float output(const bw_conv_2d_hybrid_dsp_t *p, float in_scale, int32_t sum, int32_t o)
{
    float value = (float)sum * (p->scale[o * p->channel_step] * in_scale);
    return bw_clamp_f32(value + p->bias[o], p->out_min, p->out_max);
}

void bw_conv_2d_hybrid_dsp(const bw_conv_2d_hybrid_dsp_t *p, const float *in, float *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    int32_t elements = w->in_h * w->in_w * w->in_c, pixels = w->out_h * w->out_w, channels = w->out_c;
    int8_t *quantized = (int8_t *)scratch;
    int16_t *windows = (int16_t *)(void *)(scratch + (elements + 3) / 4 * 4);
    bw_dynamic_t range = bw_quantize_dynamic(in, elements, p->asymmetric, quantized);
    for (int32_t first = 0; first < pixels; first += 2) {
        int32_t second = first + 1 < pixels ? first + 1 : first;
        gather_hybrid(w, quantized, range.zero, first, windows, windows + p->inputs);
        gather_hybrid(w, quantized, range.zero, second, windows + p->inputs, windows + 2 * p->inputs);
        const uint32_t *weights = p->weights;
        float *a = out + first * channels, *b = out + second * channels;
        for (int32_t o = 0; o < channels; o += 2) {
            int32_t sums[4];
            weights = bw_two_pixels(weights, windows, p->inputs, sums);
            a[o] = output(p, range.scale, sums[0], o);
            b[o] = output(p, range.scale, sums[2], o);
            if (o + 1 < channels) {
                a[o + 1] = output(p, range.scale, sums[1], o + 1);
                b[o + 1] = output(p, range.scale, sums[3], o + 1);
            }
        }
    }
}
