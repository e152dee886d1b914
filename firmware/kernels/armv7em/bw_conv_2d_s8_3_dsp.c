/* Convolution of int8, three taps wide and of stride 1, for the DSP instructions. */
#include "armv7em/strip.h"

__attribute__((naked)) static void multiply_strip(bw_pixels_t *job)
{
    __asm volatile(BW_PIXELS_BEGIN
                   ".balign 4\n"
                   "2:\n" BW_PIXELS_FIRST("0") BW_PIXELS_WORD("8", "24") BW_PIXELS_WORD("32", "4") BW_PIXELS_WORD("12", "28") BW_PIXELS_WORD("36", "8") BW_PIXELS_WORD("16", "32") BW_PIXELS_LAST("40")
                   "add.w r2, r2, #48\n" BW_PIXELS_LOOP BW_PIXELS_END);
}

BW_SMALL void bw_conv_2d_s8_3_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    bw_convolve_strips(p, in, out, scratch, 1, BW_STRIP_WORDS(&p->window, 1), bw_expand_strip, multiply_strip);
}
