/* Convolution of int8 with windows of one pixel, for the DSP instructions. */
#include "armv7em/single.h"

static inline void expand(uint32_t *to, const int8_t *in, int32_t words, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const uint32_t *from = (const uint32_t *)(const void *)(in + 4 * words * i);
        uint32_t *pixel = to + i / BW_PIXELS * (2 * BW_PIXELS * words) + i % BW_PIXELS;
        for (const uint32_t *end = from + words; from < end; pixel += 2 * BW_PIXELS)
            bw_expand(*from++, pixel, BW_PIXELS);
    }
}

void bw_conv_2d_s8_1x1_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    uint32_t *to = (uint32_t *)(void *)scratch;
    int32_t pixels = w->out_h * w->out_w, block = BW_PIXELS * p->groups;
    for (int32_t done = 0; done < pixels; done += block) {
        int32_t count = pixels - done < block ? pixels - done : block;
        int32_t first = w->backward ? pixels - done - count : done;
        expand(to, in + first * w->in_c, w->in_c / 4, count);
        bw_single(p, to, out + first * w->out_c, count);
    }
}
