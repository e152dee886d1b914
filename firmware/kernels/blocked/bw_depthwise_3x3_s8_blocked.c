/* Depthwise 3x3 convolution of int8 for cores without SIMD. */
#include "blocked/depthwise_3x3_s8.h"
#include "blocked/scale.h"

/* Elements plus 128: as unsigned bytes they need no sign. */
static inline uint8_t above_lowest(int32_t element)
{
    return (uint8_t)(element ^ 0x80);
}

static void fill(const bw_depthwise_3x3_s8_blocked_t *p, const int8_t *in, uint8_t *plane)
{
    const bw_window_t *w = &p->window;
    int32_t rows = p->rows - w->pad_h < w->in_h ? p->rows - w->pad_h : w->in_h;
    int32_t columns = p->columns - w->pad_w < w->in_w ? p->columns - w->pad_w : w->in_w;
    int32_t channels = w->in_c, rest = (w->in_w - columns) * channels;
    plane += w->pad_h * p->columns + w->pad_w;
    for (int32_t y = 0; y < rows; y++, in += rest, plane += p->columns - columns) {
        for (const uint8_t *end = plane + columns; plane < end; in += channels)
            *plane++ = above_lowest(*in);
    }
}

static inline __attribute__((always_inline)) void one_channel(const bw_depthwise_3x3_s8_blocked_t *p, const uint8_t *plane,
                                                              int32_t channel, int8_t *out, int32_t stride)
{
    const bw_window_t *w = &p->window;
    const int8_t *weights = p->weights + 9 * channel;
    int32_t k[9];
    for (int i = 0; i < 9; i++)
        k[i] = weights[i];
    int32_t bias = p->constants[2 * channel], multiplier = p->constants[2 * channel + 1], shift = p->shift[channel];
    int32_t rounding = (2 * p->out.zero + 1) * (1 << (shift - 1)), low = p->out.min, high = p->out.max, pixel = w->out_c;
    for (int32_t y = 0; y < w->out_h; y++, plane += stride * p->columns) {
        const uint8_t *a = plane, *b = a + p->columns, *c = b + p->columns;
        for (int32_t x = w->out_w; x > 0; x--, a += stride, b += stride, c += stride, out += pixel) {
            int32_t sum = bias + a[0] * k[0] + a[1] * k[1] + a[2] * k[2];
            sum += b[0] * k[3] + b[1] * k[4] + b[2] * k[5];
            sum += c[0] * k[6] + c[1] * k[7] + c[2] * k[8];
            *out = (int8_t)bw_clamp_s32(bw_scale(sum, multiplier, shift, rounding), low, high);
        }
    }
}

void bw_depthwise_3x3_s8_blocked(const bw_depthwise_3x3_s8_blocked_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    for (int32_t i = 0; i < p->rows * p->columns; i++)
        scratch[i] = above_lowest(p->in_zero);
    for (int32_t channel = 0; channel < p->window.in_c; channel++) {
        fill(p, in + channel, scratch);
        if (p->window.stride_w == 1)
            one_channel(p, scratch, channel, out + channel, 1);
        else
            one_channel(p, scratch, channel, out + channel, 2);
    }
}
