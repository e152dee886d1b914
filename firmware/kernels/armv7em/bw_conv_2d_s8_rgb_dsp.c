/* First layer of a network for images: int8, three channels, three taps wide, stride 2. */
#include "armv7em/strip.h"

/* A strip: for each row 28 bytes of nine columns as words of two neighbours. The window of the next pixel lies three words further. */
enum { COLUMNS = BW_STRIP_COLUMNS(2), CHANNELS = 3, ROW_BYTES = 28, ROW_WORDS = ROW_BYTES / 2 };

__attribute__((naked)) static void multiply_rgb(bw_pixels_t *job)
{
    __asm volatile(BW_PIXELS_BEGIN
                   ".balign 4\n"
                   "2:\n" BW_PIXELS_FIRST_OF("0", "12") BW_PIXELS_WORD_OF("24", "36", "4", "16") BW_PIXELS_WORD_OF("28", "40", "8", "20") BW_PIXELS_WORD_OF("32", "44", "12", "24") BW_PIXELS_WORD_OF("36", "48", "16", "28") BW_PIXELS_LAST_OF("40", "52")
                   "add.w r2, r2, #56\n" BW_PIXELS_LOOP BW_PIXELS_END);
}

static inline void expand_row(const int8_t *row, uint32_t *to)
{
    for (int32_t i = 0; i < ROW_BYTES; i += 4) {
        uint32_t bytes, even, odd;
        __builtin_memcpy(&bytes, row + i, 4);
        __asm("sxtb16 %0, %1" : "=r"(even) : "r"(bytes));
        __asm("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(bytes));
        __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(*to++) : "r"(even), "r"(odd));
        __asm("pkhtb %0, %1, %2, asr #16" : "=r"(*to++) : "r"(odd), "r"(even));
    }
}

static inline void expand_strip(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, bw_span_t rows, int32_t column, int32_t stride,
                                uint32_t *to)
{
    (void)stride;
    const bw_window_t *w = &p->window;
    for (int32_t k_y = 0; k_y < w->k_h; k_y++, to += ROW_WORDS) {
        int32_t inside = k_y >= rows.first && k_y < rows.last;
        const int8_t *row = in + ((rows.origin + k_y * w->dilation_h) * w->in_w + column) * CHANNELS;
        if (inside && column >= 0 && column + COLUMNS < w->in_w) {
            expand_row(row, to);
            continue;
        }
        int8_t copy[ROW_BYTES];
        for (int32_t i = 0; i < ROW_BYTES; i++) {
            int32_t at = column * CHANNELS + i;
            copy[i] = inside && at >= 0 && at < w->in_w * CHANNELS ? row[i] : (int8_t)p->in_zero;
        }
        expand_row(copy, to);
    }
}

void bw_conv_2d_s8_rgb_dsp(const bw_conv_2d_s8_dsp_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    bw_convolve_strips(p, in, out, scratch, 2, ROW_WORDS * p->window.k_h, expand_strip, multiply_rgb);
}
