/* Average over a whole image of int8, four channels at a time. */
#include "armv7em/average_s8.h"
#include "fixed_point.h"

/* Sums of four channels, 16 bits each: 255 * 128 fits. */
void bw_average_s8_dsp(const bw_average_s8_t *p, const int8_t *in, int8_t *out)
{
    for (int32_t c = 0; c < p->channels; c += 4, in += 4) {
        const int8_t *pixel = in;
        uint32_t even = 0, odd = 0;
        for (int32_t i = 0; i < p->pixels; i++, pixel += p->channels) {
            uint32_t four = *(const uint32_t *)(const void *)pixel;
            __asm("sxtab16 %0, %0, %1" : "+r"(even) : "r"(four));
            __asm("sxtab16 %0, %0, %1, ror #8" : "+r"(odd) : "r"(four));
        }
        for (int i = 0; i < 4; i++) {
            int32_t sum = (int16_t)((i % 2 ? odd : even) >> 16 * (i / 2));
            *out++ = (int8_t)bw_clamp_s32(bw_rounded_mean(sum, p->pixels), p->out_min, p->out_max);
        }
    }
}
