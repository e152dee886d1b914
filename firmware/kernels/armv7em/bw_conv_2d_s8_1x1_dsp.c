#include "armv7em/pixels.h"
#include "armv7em/single.h"

static inline void expand(uint32_t *to, const int8_t *in, int32_t words, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const uint32_t *from = (const uint32_t *)(const void *)(in + 4 * words * i);
        for (int32_t word = 0; word < words; word++)
            bw_expand(from[word], to + 2 * BW_PIXELS * word + i, BW_PIXELS);
    }
}

void bw_conv_2d_s8_1x1_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    uint32_t *to = (uint32_t *)(void *)scratch;
    int32_t pixels = w->out_h * w->out_w;
    for (int32_t done = 0; done < pixels; done += BW_PIXELS) {
        int32_t count = pixels - done < BW_PIXELS ? pixels - done : BW_PIXELS;
        int32_t first = w->backward ? pixels - done - count : done;
        expand(to, in + first * w->in_c, w->in_c / 4, count);
        bw_pixels_t job = bw_pixels_job(p, to, out + first * w->out_c, count);
        bw_single(&job, p->weights);
    }
}
