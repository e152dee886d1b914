/* int8 weights of two output channels in one stream, for kernels that multiply with SMLAD.
 *
 * Channels 2q and 2q + 1 make pair q. Their weights for one input are stored as the 16-bit number 256 * odd + even, so that a sum
 * of products with it is 256 * odd sum + even sum: one multiplication serves both. SXTB16 leaves the even weight alone, whose sum
 * is made beside it, and their difference is 256 * odd sum. That must not leave 32 bits: odd sums lie within 24 bits, which the
 * compiler has proven for every input, and sums of both channels within 31.
 *
 * A word holds two such numbers: of inputs 4i and 4i + 2, or 4i + 1 and 4i + 3, which is how SXTB16 takes four bytes apart.
 * Numbers of inputs are rounded up to a multiple of four, numbers of channels to a multiple of two, with weights of 0. */
#ifndef BW_PAIRED_H
#define BW_PAIRED_H

#include "armv7em/small.h"
#include "fixed_point.h"
#include "kernels.h"

/* bias: where the two sums of each pair start, that of the combined weights and the even one. multiplier, shift: as in bw_conv_2d_s8_t. `right` says that all shifts are -1 to -22. */
typedef struct {
    int32_t channels;
    const uint32_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t channel_step;
    int32_t right;
    bw_range_t out;
} bw_paired_t;

/* The sum of channel o of a pair with these two sums. */
static inline int32_t bw_pair_sum(const int32_t sums[2], int32_t o)
{
    return o % 2 ? (int32_t)((uint32_t)sums[0] - (uint32_t)sums[1]) >> 8 : sums[1];
}

/* The output for twice a sum and a shift of -1 to -22, saturated. Both roundings and the zero point become one addition, where
 * `zero` is twice the zero point plus 1: sums are below 2^30, so doubling them is exact, and the rounding of halves away from zero
 * takes 1 from negative ones. */
static inline int32_t bw_paired_scale(int32_t doubled, int32_t multiplier, int32_t shift, int32_t zero)
{
    int32_t value, rounding = (int32_t)((uint32_t)zero << (-shift - 1)) + (doubled >> 31);
    __asm("smmlar %0, %1, %2, %3" : "=r"(value) : "r"(doubled), "r"(multiplier), "r"(rounding));
    __asm("ssat %0, #8, %1" : "=r"(value) : "r"(value >> -shift));
    return value;
}

/* The output of channel o for its sum, whatever its shift and the range. */
static inline int32_t bw_paired_output(const bw_paired_t *p, int32_t sum, int32_t o)
{
    int32_t channel = o * p->channel_step;
    int32_t value = bw_requantize(sum, p->multiplier[channel], p->shift[channel]);
    return bw_clamp_s32(bw_wrapping_add(value, p->out.zero), p->out.min, p->out.max);
}

#endif
