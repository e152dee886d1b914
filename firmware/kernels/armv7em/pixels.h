/* Convolutions of four pixels and two channels at a time: the multiplications, and from sums to outputs.
 *
 * A kernel first expands what groups of four neighbouring output pixels need from bytes to 16 bits, by four inputs: a word with
 * inputs 0 and 2 of every pixel, then a word with inputs 1 and 3 of every pixel. Then the channels follow in pairs, and for each of
 * them the groups: eight sums stay in registers, a word of weights serves four pixels. All reading comes before all writing. */
#ifndef BW_ARMV7EM_PIXELS_H
#define BW_ARMV7EM_PIXELS_H

#include "armv7em/conv_2d_s8.h"
#include "armv7em/loads.h"
#include "armv7em/small.h"

#define BW_PIXELS 4

/* What the assembly below walks through, for all channels of some groups. It knows the offsets of these fields. */
typedef struct {
    const uint32_t *in, *end;    /*  0, 4: expanded groups, one behind the other */
    const uint32_t *weights;     /*  8 */
    int32_t pair_bytes;          /* 12: of weights */
    const int32_t *constants;    /* 16 */
    const uint8_t *shift;        /* 20 */
    int8_t *out;                 /* 24: of the first pixel */
    int32_t offset[3];           /* 28: of the other pixels from the first; 0 for one that does not exist */
    int32_t rounding;            /* 40: 2 * zero point + 1 */
    int32_t pairs;               /* 44: left to do */
    int32_t plain;               /* 48 */
    const bw_conv_2d_s8_dsp_t *p; /* 52 */
    int32_t sums[2 * BW_PIXELS]; /* 56 */
} bw_pixels_t;

/* Makes the outputs of channels `channel` and, if there is one, channel + 1 from the sums of paired.h. */
void bw_pair_outputs(const bw_conv_2d_s8_dsp_t *p, const int32_t sums[2], int32_t channel, int8_t *out);

/* Makes the outputs of a pair and a group from job->sums, whatever the shifts and the range. */
void bw_pixels_outputs(bw_pixels_t *job, int8_t *out);

/* r0: job. In the loop r1: weights, r2: inputs; sums of pixel i: r4 + 2i (both channels), r5 + 2i (the even one). Frame: 0 start of
 * both sums; 8 multiplier, shift (plus 256 if plain is 2, 32 if it is 0) and rounding of the even channel, 20 of the odd one; 32 the
 * pair's weights, 36 their end; 40 end of the groups; 44 output of the group, 48 its offsets; 60 a place for r2; 64 job. */
#define BW_PIXELS_BEGIN                                                                                   \
    "push {r0, r4-r11, lr}\n"                                                                             \
    "sub sp, sp, #64\n"                                                                                   \
    "ldr r1, [r0, #4]\n"                                                                                  \
    "str r1, [sp, #40]\n"                                                                                 \
    "ldrd r1, r2, [r0, #28]\n"                                                                            \
    "ldr r3, [r0, #36]\n"                                                                                 \
    "strd r1, r2, [sp, #48]\n"                                                                            \
    "str r3, [sp, #56]\n"                                                                                 \
    "1:\n"                                                                                                \
    "ldr r0, [sp, #64]\n"                                                                                 \
    "ldrd r1, r2, [r0, #16]\n"                                                                            \
    "ldm r1!, {r4, r5, r6, r9}\n"                                                                         \
    "ldrb r7, [r2], #1\n"                                                                                 \
    "ldrb r10, [r2], #1\n"                                                                                \
    "strd r1, r2, [r0, #16]\n"                                                                            \
    "ldr r12, [r0, #40]\n"                                                                                \
    "ldr r3, [r0, #48]\n"                                                                                 \
    "lsl r8, r12, r7\n"                                                                                   \
    "lsl r11, r12, r10\n"                                                                                 \
    "cmp r3, #1\n"                                                                                        \
    "it lo\n"                                                                                             \
    "movlo r7, #32\n"                                                                                     \
    "ittt hi\n"                                                                                           \
    "addhi r7, r7, #256\n"                                                                                \
    "lslhi r11, r11, #7\n"                                                                                \
    "addhi r11, r11, #64\n"                                                                               \
    "stm sp, {r4-r11}\n"                                                                                  \
    "ldrd r1, r2, [r0, #8]\n"                                                                             \
    "add r2, r2, r1\n"                                                                                    \
    "str r2, [r0, #8]\n"                                                                                  \
    "strd r1, r2, [sp, #32]\n"                                                                            \
    "ldr r3, [r0, #24]\n"                                                                                 \
    "str r3, [sp, #44]\n"                                                                                 \
    "add r3, r3, #2\n"                                                                                    \
    "str r3, [r0, #24]\n"                                                                                 \
    "ldr r2, [r0]\n"                                                                                      \
    ".balign 4\n"                                                                                         \
    "8:\n"                                                                                                \
    "ldrd r4, r5, [sp]\n"                                                                                 \
    "ldr.w r1, [sp, #32]\n"                                                                               \
    "mov r6, r4\n"                                                                                        \
    "mov r7, r5\n"                                                                                        \
    "mov r8, r4\n"                                                                                        \
    "mov r9, r5\n"                                                                                        \
    "mov r10, r4\n"                                                                                       \
    "mov r11, r5\n"

/* A word of weights times one word of each pixel. They are loaded ahead: FIRST loads the weights and what pixels 0 and 1 have at these
 * offsets from r2, WORD multiplies them and what pixels 2 and 3 have there, and loads for the next word; LAST has no next one. */
#define BW_PIXELS_LOAD(x, at) "ldr.w " x ", [r2, #(" at ")]\n"
#define BW_PIXELS_FIRST_OF(at0, at1) "ldr.w r0, [r1], #4\n" BW_PIXELS_LOAD("r3", at0) BW_PIXELS_LOAD("r12", at1)
#define BW_PIXELS_BOTH(sum, x) "smlad " sum ", r0, " x ", " sum "\n"
#define BW_PIXELS_ONE(sum, x) "smlad " sum ", lr, " x ", " sum "\n"

#define BW_PIXELS_MULTIPLY(load2, load3, load_two, weights, next0, next1)                                              \
    "sxtb16 lr, r0\n" BW_PIXELS_BOTH("r4", "r3") BW_PIXELS_BOTH("r6", "r12") BW_PIXELS_ONE("r5", "r3")                 \
    BW_BESIDE(load2) BW_PIXELS_ONE("r7", "r12") BW_BESIDE(load3) BW_TOGETHER(load_two)                                 \
    BW_PIXELS_BOTH("r8", "r3") BW_PIXELS_BOTH("r10", "r12") BW_BESIDE(weights) BW_PIXELS_ONE("r9", "r3")               \
    BW_BESIDE(next0) BW_PIXELS_ONE("r11", "r12") BW_BESIDE(next1) BW_TOGETHER(weights next0 next1)
#define BW_PIXELS_WORD_OF(at2, at3, next0, next1)                                                                      \
    BW_PIXELS_MULTIPLY(BW_PIXELS_LOAD("r3", at2), BW_PIXELS_LOAD("r12", at3),                                          \
                       BW_PIXELS_LOAD("r3", at2) BW_PIXELS_LOAD("r12", at3), "ldr.w r0, [r1], #4\n",                   \
                       BW_PIXELS_LOAD("r3", next0), BW_PIXELS_LOAD("r12", next1))
#define BW_PIXELS_LAST_OF(at2, at3)                                                                                    \
    BW_PIXELS_MULTIPLY(BW_PIXELS_LOAD("r3", at2), BW_PIXELS_LOAD("r12", at3),                                          \
                       BW_PIXELS_LOAD("r3", at2) BW_PIXELS_LOAD("r12", at3), "", "", "")

/* The same for neighbours: pixels 0 and 1 at one offset, pixels 2 and 3 at another. */
#define BW_PIXELS_FIRST(at01) BW_PIXELS_FIRST_OF(at01, at01 "+4")
#define BW_PIXELS_LOAD_TWO(at) "ldrd r3, r12, [r2, #(" at ")]\n"
#define BW_PIXELS_WORD(at23, next01)                                                                                   \
    BW_PIXELS_MULTIPLY(BW_PIXELS_LOAD("r3", at23), BW_PIXELS_LOAD("r12", at23 "+4"), BW_PIXELS_LOAD_TWO(at23),         \
                       "ldr.w r0, [r1], #4\n", BW_PIXELS_LOAD("r3", next01), BW_PIXELS_LOAD("r12", next01 "+4"))
#define BW_PIXELS_LAST(at23)                                                                                           \
    BW_PIXELS_MULTIPLY(BW_PIXELS_LOAD("r3", at23), BW_PIXELS_LOAD("r12", at23 "+4"), BW_PIXELS_LOAD_TWO(at23), "", "", "")

/* Back to label 2 until the pair's weights are used up. */
#define BW_PIXELS_LOOP                                                                                    \
    "ldr.w r0, [sp, #36]\n"                                                                               \
    "cmp.w r1, r0\n"                                                                                      \
    "bne.w 2b\n"

/* Sums of two pixels become bytes. r0, r1, r3: multiplier, shift and rounding of the channel; a Cortex-M7 works on both pixels at
 * once. The last shift is SSAT's. First those of the even channel, whose sums are taken from the others, which are 256 times the odd
 * channel's then. With zero point -128 all that is negative becomes -128, however it is rounded. */
#define BW_PIXELS_APART(both0, even0, both1, even1)                                                       \
    "sub.w " both0 ", " both0 ", " even0 "\n"                                                             \
    "lsl.w " even0 ", " even0 ", #1\n"                                                                    \
    "sub.w " both1 ", " both1 ", " even1 "\n"                                                             \
    "lsl.w " even1 ", " even1 ", #1\n"
#define BW_PIXELS_SHIFT(x, y, last)                                                                       \
    "asr.w " x ", " x ", r1\n"                                                                            \
    "ssat " x ", #8, " x ", asr #" last "\n"                                                              \
    "asr.w " y ", " y ", r1\n"                                                                            \
    "ssat " y ", #8, " y ", asr #" last "\n"
#define BW_PIXELS_PACK(both0, even0, both1, even1)                                                        \
    "bfi " even0 ", " both0 ", #8, #8\n"                                                                  \
    "bfi " even1 ", " both1 ", #8, #8\n"
#define BW_PIXELS_EVEN(both0, even0, both1, even1)                                                        \
    BW_PIXELS_APART(both0, even0, both1, even1)                                                           \
    "smmlar " even0 ", " even0 ", r0, r3\n"                                                               \
    "smmlar " even1 ", " even1 ", r0, r3\n" BW_PIXELS_SHIFT(even0, even1, "1")
#define BW_PIXELS_ODD(both0, even0, both1, even1)                                                         \
    "smmla " both0 ", " both0 ", r0, r3\n"                                                                \
    "smmla " both1 ", " both1 ", r0, r3\n" BW_PIXELS_SHIFT(both0, both1, "8")                             \
    BW_PIXELS_PACK(both0, even0, both1, even1)

/* The same for any zero point: doubled sums x and y, of which negative ones round halves the other way. */
#define BW_PIXELS_SCALE(x, y)                                                                             \
    "add.w r12, r3, " x ", asr #31\n"                                                                     \
    "add.w lr, r3, " y ", asr #31\n"                                                                      \
    "smmlar " x ", " x ", r0, r12\n"                                                                      \
    "smmlar " y ", " y ", r0, lr\n" BW_PIXELS_SHIFT(x, y, "1")
#define BW_PIXELS_ANY_EVEN(both0, even0, both1, even1)                                                    \
    BW_PIXELS_APART(both0, even0, both1, even1) BW_PIXELS_SCALE(even0, even1)
#define BW_PIXELS_ANY_ODD(both0, even0, both1, even1)                                                     \
    "asr.w " both0 ", " both0 ", #7\n"                                                                    \
    "asr.w " both1 ", " both1 ", #7\n" BW_PIXELS_SCALE(both0, both1)                                      \
    BW_PIXELS_PACK(both0, even0, both1, even1)

#define BW_PIXELS_END                                                                                     \
    "ldrd r0, r1, [sp, #8]\n"                                                                             \
    "ldr.w r3, [sp, #16]\n"                                                                               \
    "cmp.w r1, #256\n"                                                                                    \
    "blo.w 9f\n"                                                                                          \
    BW_PIXELS_EVEN("r4", "r5", "r6", "r7")                                                                \
    BW_PIXELS_EVEN("r8", "r9", "r10", "r11")                                                              \
    "ldrd r0, r1, [sp, #20]\n"                                                                            \
    "ldr.w r3, [sp, #28]\n"                                                                               \
    BW_PIXELS_ODD("r4", "r5", "r6", "r7")                                                                 \
    BW_PIXELS_ODD("r8", "r9", "r10", "r11")                                                               \
    "10:\n"                                                                                               \
    "ldrd r0, r1, [sp, #44]\n"                                                                            \
    "ldrd r3, r12, [sp, #52]\n"                                                                           \
    "strh.w r11, [r0, r12]\n"                                                                             \
    "strh.w r9, [r0, r3]\n"                                                                               \
    "strh.w r7, [r0, r1]\n"                                                                               \
    "strh.w r5, [r0]\n"                                                                                   \
    "3:\n"                                                                                                \
    "add.w r0, r0, r1\n"                                                                                  \
    "add.w r0, r0, r12\n"                                                                                 \
    "str.w r0, [sp, #44]\n"                                                                               \
    "ldr.w r3, [sp, #40]\n"                                                                               \
    "cmp.w r2, r3\n"                                                                                      \
    "bne.w 8b\n"                                                                                          \
    "ldr r0, [sp, #64]\n"                                                                                 \
    "ldr r3, [r0, #44]\n"                                                                                 \
    "subs r3, r3, #1\n"                                                                                   \
    "str r3, [r0, #44]\n"                                                                                 \
    "bne.w 1b\n"                                                                                          \
    "add sp, sp, #64\n"                                                                                   \
    "pop {r0, r4-r11, pc}\n"                                                                              \
    "9:\n"                                                                                                \
    "cmp.w r1, #32\n"                                                                                     \
    "bhs.w 4f\n"                                                                                          \
    BW_PIXELS_ANY_EVEN("r4", "r5", "r6", "r7")                                                            \
    BW_PIXELS_ANY_EVEN("r8", "r9", "r10", "r11")                                                          \
    "ldrd r0, r1, [sp, #20]\n"                                                                            \
    "ldr.w r3, [sp, #28]\n"                                                                               \
    BW_PIXELS_ANY_ODD("r4", "r5", "r6", "r7")                                                             \
    BW_PIXELS_ANY_ODD("r8", "r9", "r10", "r11")                                                           \
    "b.w 10b\n"                                                                                           \
    "4:\n"                                                                                                \
    "str r2, [sp, #60]\n"                                                                                 \
    "ldr r0, [sp, #64]\n"                                                                                 \
    "add r3, r0, #56\n"                                                                                   \
    "stm r3, {r4-r11}\n"                                                                                  \
    "ldr r1, [sp, #44]\n"                                                                                 \
    "bl bw_pixels_outputs\n"                                                                              \
    "ldr r2, [sp, #60]\n"                                                                                 \
    "ldrd r0, r1, [sp, #44]\n"                                                                            \
    "ldr r12, [sp, #56]\n"                                                                                \
    "b 3b\n"

/* The job of `count` output pixels that lie side by side from `out` on: groups of four, or one group of less. */
static inline bw_pixels_t bw_pixels_job(const bw_conv_2d_s8_dsp_t *p, const uint32_t *in, int32_t group_words, int8_t *out,
                                        int32_t count)
{
    int32_t pitch = p->window.out_c;
    bw_pixels_t job;
    job.in = in;
    job.end = in + (count + BW_PIXELS - 1) / BW_PIXELS * group_words;
    job.weights = p->weights;
    job.pair_bytes = p->pair_bytes;
    job.constants = p->constants;
    job.shift = p->shift;
    job.out = out;
    job.offset[0] = count > 1 ? pitch : 0;
    job.offset[1] = count > 2 ? 2 * pitch : 0;
    job.offset[2] = count > 3 ? 3 * pitch : 0;
    job.rounding = 2 * p->out.zero + 1;
    job.pairs = (pitch + 1) / 2;
    job.plain = p->plain;
    job.p = p;
    return job;
}

/* Four bytes as two pairs of 16 bits: inputs 0 and 2, and `distance` words further 1 and 3. */
static inline void bw_expand(uint32_t bytes, uint32_t *to, int32_t distance)
{
    uint32_t even, odd;
    __asm("sxtb16 %0, %1" : "=r"(even) : "r"(bytes));
    __asm("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(bytes));
    to[0] = even;
    to[distance] = odd;
}

#endif
