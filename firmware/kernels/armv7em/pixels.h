/* Convolutions of four pixels and two channels at a time: the multiplications, and from sums to outputs.
 *
 * A kernel first expands what four neighbouring output pixels need from bytes to 16 bits, in groups of four inputs: a word with
 * inputs 0 and 2 of every pixel, then a word with inputs 1 and 3 of every pixel. Then the channels follow in pairs: eight sums
 * stay in registers, a word of weights serves four pixels. All reading of a group of pixels comes before its writing. */
#ifndef BW_ARMV7EM_PIXELS_H
#define BW_ARMV7EM_PIXELS_H

#include "armv7em/small.h"
#include "armv7em/conv_2d_s8.h"

#define BW_PIXELS 4

/* What the assembly below walks through, for all channels of four pixels. It knows the offsets of these fields. */
typedef struct {
    const uint32_t *in;          /*  0: expanded */
    int32_t pair_bytes;          /*  4: of weights */
    const int32_t *constants;    /*  8 */
    const uint8_t *shift;        /* 12 */
    int8_t *out;                 /* 16: of the first pixel */
    int32_t offset[3];           /* 20: of the other pixels from the first; 0 for one that does not exist */
    int32_t rounding;            /* 32: 2 * zero point + 1 */
    int32_t pairs;               /* 36: left to do */
    int32_t plain;               /* 40 */
    const bw_conv_2d_s8_dsp_t *p; /* 44 */
    int32_t sums[2 * BW_PIXELS]; /* 48 */
} bw_pixels_t;

/* Makes the outputs of a pair from job->sums, whatever the shifts and the range. */
void bw_pixels_outputs(bw_pixels_t *job);

/* r0: job, r1: weights. Sums of pixel i: r4 + 2i (both channels), r5 + 2i (the even one). On the stack: job, end of the pair's
 * weights, a place for r1. */
#define BW_PIXELS_BEGIN                                                                                   \
    "push {r0, r2-r11, lr}\n"                                                                             \
    "1:\n"                                                                                                \
    "ldr r3, [r0, #8]\n"                                                                                  \
    "ldm r3!, {r4, r5}\n"                                                                                 \
    "str r3, [r0, #8]\n"                                                                                  \
    "ldrd r2, r3, [r0]\n"                                                                                 \
    "mov r6, r4\n"                                                                                        \
    "mov r7, r5\n"                                                                                        \
    "mov r8, r4\n"                                                                                        \
    "mov r9, r5\n"                                                                                        \
    "mov r10, r4\n"                                                                                       \
    "mov r11, r5\n"                                                                                       \
    "add r12, r3, r1\n"                                                                                   \
    "str r12, [sp, #4]\n"

/* A word of weights times one word of each pixel, two pixels at each of these offsets from r2. A Cortex-M4 overlaps the first
 * loads; a Cortex-M7 needs the others between multiplications, two of them before a loaded word is a factor. */
#define BW_PIXELS_WORD(at01, at23)                                                                                     \
    "ldr.w r0, [r1], #4\n"                                                                                             \
    "ldr.w r3, [r2, #(" at01 ")]\n"                                                                                    \
    "ldr.w r12, [r2, #(" at01 "+4)]\n"                                                                                 \
    "sxtb16 lr, r0\n"                                                                                                  \
    "smlad r4, r0, r3, r4\n"                                                                                           \
    "smlad r5, lr, r3, r5\n"                                                                                           \
    "ldr.w r3, [r2, #(" at23 ")]\n"                                                                                    \
    "smlad r6, r0, r12, r6\n"                                                                                          \
    "smlad r7, lr, r12, r7\n"                                                                                          \
    "ldr.w r12, [r2, #(" at23 "+4)]\n"                                                                                 \
    "smlad r8, r0, r3, r8\n"                                                                                           \
    "smlad r9, lr, r3, r9\n"                                                                                           \
    "smlad r10, r0, r12, r10\n"                                                                                        \
    "smlad r11, lr, r12, r11\n"

/* Back to label 2 until the pair's weights are used up. */
#define BW_PIXELS_LOOP                                                                                    \
    "ldr r0, [sp, #4]\n"                                                                                  \
    "cmp r1, r0\n"                                                                                        \
    "bne.w 2b\n"

/* Two sums become two bytes. r2, r3, r12: multiplier, shift and rounding of the channel. The last shift by one is SSAT's. */
#define BW_PIXELS_SCALE(sum)                                                                              \
    "add lr, r12, " sum ", asr #31\n"                                                                     \
    "smmlar " sum ", " sum ", r2, lr\n"                                                                   \
    "asr " sum ", " sum ", r3\n"                                                                          \
    "ssat " sum ", #8, " sum ", asr #1\n"
#define BW_PIXELS_EVEN(both, even)                                                                        \
    "sub " both ", " both ", " even "\n"                                                                  \
    "lsl " even ", " even ", #1\n" BW_PIXELS_SCALE(even)
#define BW_PIXELS_ODD(both, even)                                                                         \
    "asr " both ", " both ", #7\n" BW_PIXELS_SCALE(both)                                                  \
    "bfi " even ", " both ", #8, #8\n"

#define BW_PIXELS_END                                                                                     \
    "ldr r0, [sp]\n"                                                                                      \
    "ldr r3, [r0, #40]\n"                                                                                 \
    "cmp r3, #0\n"                                                                                         \
    "beq.w 4f\n"                                                                                          \
    "ldrd r2, r3, [r0, #8]\n"                                                                             \
    "ldr r12, [r0, #32]\n"                                                                                \
    "ldr r2, [r2]\n"                                                                                      \
    "ldrb r3, [r3]\n"                                                                                     \
    "lsl r12, r12, r3\n"                                                                                  \
    BW_PIXELS_EVEN("r4", "r5")                                                                            \
    BW_PIXELS_EVEN("r6", "r7")                                                                            \
    BW_PIXELS_EVEN("r8", "r9")                                                                            \
    BW_PIXELS_EVEN("r10", "r11")                                                                          \
    "ldrd r2, r3, [r0, #8]\n"                                                                             \
    "ldr r12, [r0, #32]\n"                                                                                \
    "add lr, r2, #8\n"                                                                                    \
    "str lr, [r0, #8]\n"                                                                                  \
    "add lr, r3, #2\n"                                                                                    \
    "str lr, [r0, #12]\n"                                                                                 \
    "ldr r2, [r2, #4]\n"                                                                                  \
    "ldrb r3, [r3, #1]\n"                                                                                 \
    "lsl r12, r12, r3\n"                                                                                  \
    BW_PIXELS_ODD("r4", "r5")                                                                             \
    BW_PIXELS_ODD("r6", "r7")                                                                             \
    BW_PIXELS_ODD("r8", "r9")                                                                             \
    BW_PIXELS_ODD("r10", "r11")                                                                           \
    "ldrd r2, r3, [r0, #16]\n"                                                                            \
    "ldrd r12, lr, [r0, #24]\n"                                                                           \
    "strh r11, [r2, lr]\n"                                                                                \
    "strh r9, [r2, r12]\n"                                                                                \
    "strh r7, [r2, r3]\n"                                                                                 \
    "strh r5, [r2], #2\n"                                                                                 \
    "str r2, [r0, #16]\n"                                                                                 \
    "3:\n"                                                                                                \
    "ldr r3, [r0, #36]\n"                                                                                 \
    "subs r3, r3, #1\n"                                                                                   \
    "str r3, [r0, #36]\n"                                                                                 \
    "bne.w 1b\n"                                                                                          \
    "pop {r0, r2-r11, pc}\n"                                                                              \
    "4:\n"                                                                                                \
    "add r3, r0, #48\n"                                                                                   \
    "stm r3, {r4-r11}\n"                                                                                  \
    "str r1, [sp, #8]\n"                                                                                  \
    "bl bw_pixels_outputs\n"                                                                              \
    "ldr r0, [sp]\n"                                                                                      \
    "ldr r1, [sp, #8]\n"                                                                                  \
    "b 3b\n"

/* The job of `count` output pixels that lie side by side from `out` on. */
static inline bw_pixels_t bw_pixels_job(const bw_conv_2d_s8_dsp_t *p, const uint32_t *in, int8_t *out, int32_t count)
{
    int32_t pitch = p->window.out_c;
    bw_pixels_t job;
    job.in = in;
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
