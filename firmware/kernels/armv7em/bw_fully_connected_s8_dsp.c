/* Fully connected layer of int8, for the DSP instructions. */
#include "armv7em/fully_connected_s8.h"
#include "armv7em/loads.h"

/* Two words of weights times two inputs, for the sums in registers both0, even0 and both1, even1, and the next two words. */
#define MULTIPLY(x, both0, even0, both1, even1, next0, next1)     \
    "smlad " both0 ", r0, " x ", " both0 "\n"                     \
    "sxtb16 r0, r0\n"                                             \
    "smlad " both1 ", lr, " x ", " both1 "\n"                     \
    "sxtb16 lr, lr\n"                                             \
    "smlad " even0 ", r0, " x ", " even0 "\n"                     \
    BW_BESIDE(next0)                                              \
    "smlad " even1 ", lr, " x ", " even1 "\n"                     \
    BW_BESIDE(next1)                                              \
    BW_TOGETHER(next0 next1)

/* LDRD would overlap with nothing, and single loads only if the one before has not moved their base. */
#define FOUR_INPUTS                                               \
    "ldr.w r3, [r2], #4\n"                                        \
    "ldr.w r0, [r1, #8]\n"                                        \
    "ldr.w lr, [r1, #12]\n"                                       \
    "sxtb16 r12, r3, ror #8\n"                                    \
    "sxtb16 r3, r3\n"                                             \
    MULTIPLY("r3", "r4", "r5", "r6", "r7", "ldr.w r0, [r1, #16]\n", "ldr.w lr, [r1, #20]\n")    \
    MULTIPLY("r3", "r8", "r9", "r10", "r11", "ldr.w r0, [r1, #24]\n", "ldr.w lr, [r1, #28]\n")  \
    MULTIPLY("r12", "r4", "r5", "r6", "r7", "ldr.w r0, [r1, #4]\n", "ldr.w lr, [r1], #32\n")    \
    MULTIPLY("r12", "r8", "r9", "r10", "r11", "", "")

/* Adds 4 * count products to each sum of four pairs, which start as `from` says. */
__attribute__((naked, noinline)) static void four_pairs(int32_t *sums, const uint32_t *weights, const int8_t *in, int32_t count,
                                                        const int32_t *from)
{
    __asm volatile("ldr r12, [sp]\n"
                   "push {r0, r3-r11, lr}\n"
                   "ldm r12, {r4-r11}\n"
                   "add r12, r2, r3, lsl #2\n"
                   "lsls r3, r3, #2\n"
                   "str r12, [sp, #4]\n"
                   "ands r3, r3, #12\n"
                   "beq.w 1f\n"
                   "cmp r3, #8\n"
                   "blo.w 4f\n"
                   "beq.w 3f\n"
                   "b.w 2f\n"
                   ".balign 4\n"
                   "1:\n" FOUR_INPUTS
                   "2:\n" FOUR_INPUTS
                   "3:\n" FOUR_INPUTS
                   "4:\n" FOUR_INPUTS
                   "ldr r0, [sp, #4]\n"
                   "cmp r0, r2\n"
                   "bne.w 1b\n"
                   "pop {r0}\n"
                   "stm r0, {r4-r11}\n"
                   "pop {r3-r11, pc}\n");
}

/* The same for one pair. */
__attribute__((naked, noinline)) static void one_pair(int32_t *sums, const uint32_t *weights, const int8_t *in, int32_t count,
                                                      const int32_t *from)
{
    __asm volatile("push {r4-r6, lr}\n"
                   "ldr r12, [sp, #16]\n"
                   "ldrd r5, r6, [r12]\n"
                   ".balign 4\n"
                   "1:\n"
                   "ldr r4, [r2], #4\n"
                   "ldr r12, [r1], #4\n"
                   "sxtb16 lr, r4\n"
                   "smlad r5, r12, lr, r5\n"
                   "sxtb16 r12, r12\n"
                   "smlad r6, r12, lr, r6\n"
                   "ldr r12, [r1], #4\n"
                   "sxtb16 lr, r4, ror #8\n"
                   "smlad r5, r12, lr, r5\n"
                   "sxtb16 r12, r12\n"
                   "smlad r6, r12, lr, r6\n"
                   "subs r3, r3, #1\n"
                   "bne.w 1b\n"
                   "strd r5, r6, [r0]\n"
                   "pop {r4-r6, pc}\n");
}

/* Eight outputs of one multiplier and shift. */
__attribute__((noinline)) static void eight_outputs(const bw_paired_t *p, const int32_t *sums, int8_t *out)
{
    int32_t multiplier = *p->multiplier, shift = *p->shift, zero = 2 * p->out.zero + 1;
    for (int i = 0; i < 8; i += 2) {
        int32_t both = sums[i], even = sums[i + 1];
        out[i] = (int8_t)bw_paired_scale(2 * even, multiplier, shift, zero);
        out[i + 1] = (int8_t)bw_paired_scale((int32_t)((uint32_t)both - (uint32_t)even) >> 7, multiplier, shift, zero);
    }
}

/* Outputs from channel `first` on. */
static inline void outputs(const bw_paired_t *p, const int32_t *sums, int32_t first, int32_t count, int8_t *out)
{
    if (!p->right || p->out.min != INT8_MIN || p->out.max != INT8_MAX) {
        for (int32_t i = 0; i < count; i++)
            out[i] = (int8_t)bw_paired_output(p, bw_pair_sum(sums + i / 2 * 2, i), first + i);
        return;
    }
    if (count == 8 && !p->channel_step) {
        eight_outputs(p, sums, out);
        return;
    }
    const int32_t *multiplier = p->multiplier + first * p->channel_step;
    const int8_t *shift = p->shift + first * p->channel_step;
    int32_t step = p->channel_step, zero = 2 * p->out.zero + 1;
    for (const int8_t *end = out + count; out < end; sums += 2) {
        int32_t even = sums[1], odd = (int32_t)((uint32_t)sums[0] - (uint32_t)sums[1]) >> 7;
        *out++ = (int8_t)bw_paired_scale(2 * even, *multiplier, *shift, zero);
        multiplier += step;
        shift += step;
        if (out == end)
            break;
        *out++ = (int8_t)bw_paired_scale(odd, *multiplier, *shift, zero);
        multiplier += step;
        shift += step;
    }
}

BW_SMALL void bw_fully_connected_s8_dsp(const bw_fully_connected_s8_dsp_t *p, const int8_t *in, int8_t *out)
{
    const bw_paired_t layer = p->pairs; /* a copy: outputs cannot change it */
    int32_t pairs = (layer.channels + 1) / 2, words = p->inputs / 4, rest = p->inputs % 4;
    for (int32_t row = 0; row < p->rows; row++, in += p->inputs) {
        const uint32_t *weights = layer.weights;
        const int32_t *bias = layer.bias;
        int8_t last[4] = {0};
        for (int32_t i = 0; i < rest; i++)
            last[i] = in[4 * words + i];
        for (int32_t pair = 0, block; pair < pairs; pair += block) {
            int32_t sums[8];
            block = pairs - pair >= 4 ? 4 : 1;
            const int32_t *from = bias;
            void (*add)(int32_t *, const uint32_t *, const int8_t *, int32_t, const int32_t *) = block == 4 ? four_pairs : one_pair;
            if (words) {
                add(sums, weights, in, words, from);
                from = sums;
            }
            weights += 2 * block * words;
            bias += 2 * block;
            if (rest) {
                add(sums, weights, last, 1, from);
                weights += 2 * block;
            }
            int32_t count = layer.channels - 2 * pair < 2 * block ? layer.channels - 2 * pair : 2 * block;
            outputs(&layer, sums, 2 * pair, count, out);
            out += count;
        }
    }
}
