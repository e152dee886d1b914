/* Convolution of int8, three taps wide and of stride 2, for the DSP instructions. */
#include "armv7em/strip.h"

__attribute__((naked)) static void multiply_strip_stride_2(bw_pixels_t *job)
{
    __asm volatile(BW_PIXELS_BEGIN
                   ".balign 4\n"
                   "2:\n" BW_PIXELS_FIRST("0") BW_PIXELS_WORD("8", "36") BW_PIXELS_WORD("44", "20") BW_PIXELS_WORD("28", "56") BW_PIXELS_WORD("64", "4") BW_PIXELS_WORD("12", "40") BW_PIXELS_LAST("48")
                   "add.w r2, r2, #72\n" BW_PIXELS_LOOP BW_PIXELS_END);
}

BW_SMALL void bw_conv_2d_s8_3_stride_2_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    bw_convolve_strips(p, in, out, scratch, 2, BW_STRIP_WORDS(&p->window, 2), bw_expand_strip, multiply_strip_stride_2);
}
