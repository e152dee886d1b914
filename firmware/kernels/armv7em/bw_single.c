/* All channels of four pixels, their inputs expanded one after the other. */
#include "armv7em/single.h"

/* Sixteen inputs a round; what is over comes first, by an entry in the middle. */
__attribute__((naked)) static void multiply_groups(bw_pixels_t *job)
{
    __asm volatile(BW_PIXELS_BEGIN
                   "ldr.w lr, [sp, #36]\n"
                   "sub.w lr, lr, r1\n"
                   "ands lr, lr, #24\n"
                   "beq.w 2f\n"
                   BW_PIXELS_FIRST("0")
                   "sub r2, r2, #128\n"
                   "add r2, r2, lr, lsl #2\n"
                   "cmp lr, #16\n"
                   "blo.w 7f\n"
                   "beq.w 6f\n"
                   "b.w 5f\n"
                   ".balign 4\n"
                   "2:\n"
                   BW_PIXELS_FIRST("0") BW_PIXELS_WORD("8", "16") BW_PIXELS_WORD("24", "32")
                   "5:\n"
                   BW_PIXELS_WORD("40", "48") BW_PIXELS_WORD("56", "64")
                   "6:\n"
                   BW_PIXELS_WORD("72", "80") BW_PIXELS_WORD("88", "96")
                   "7:\n"
                   BW_PIXELS_WORD("104", "112") BW_PIXELS_LAST("120")
                   "add.w r2, r2, #128\n" BW_PIXELS_LOOP BW_PIXELS_END);
}

#define ONE_WORD(at)           \
    "ldr.w r12, [%2], #4\n"    \
    "ldr.w lr, [%3, #" at "]\n" \
    "smlad %0, r12, lr, %0\n"  \
    "sxtb16 r12, r12\n"        \
    "smlad %1, r12, lr, %1\n"

/* One pixel of a group; `in` is its first word. */
static void multiply_one(const bw_conv_2d_s8_dsp_t *p, const uint32_t *in, int8_t *out)
{
    const uint32_t *weights = p->weights;
    for (int32_t channel = 0; channel < p->window.out_c; channel += 2) {
        int32_t sums[2] = {p->constants[2 * channel], p->constants[2 * channel + 1]};
        const uint32_t *x = in;
        for (const uint32_t *end = weights + p->pair_bytes / 4; weights < end; x += 2 * BW_PIXELS)
            __asm volatile(ONE_WORD("0") ONE_WORD("16")
                           : "+r"(sums[0]), "+r"(sums[1]), "+r"(weights) : "r"(x) : "r12", "lr", "memory");
        bw_pair_outputs(p, sums, channel, out + channel);
    }
}

BW_SMALL void bw_single(const bw_conv_2d_s8_dsp_t *p, const uint32_t *in, int8_t *out, int32_t count)
{
    int32_t group_words = bw_group_words(p), rest = count % BW_PIXELS, whole = count - rest, pitch = p->window.out_c;
    if (whole) {
        bw_pixels_t job = bw_pixels_job(p, in, group_words, out, whole);
        multiply_groups(&job);
        in += whole / BW_PIXELS * group_words;
        out += whole * pitch;
    }
    if (rest == BW_PIXELS - 1) {
        bw_pixels_t job = bw_pixels_job(p, in, group_words, out, rest);
        multiply_groups(&job);
        return;
    }
    for (; rest > 0; rest--, out += pitch)
        multiply_one(p, in++, out);
}
