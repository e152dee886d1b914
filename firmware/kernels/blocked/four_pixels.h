/* Convolutions of four pixels at a time on cores that multiply one pair of 32-bit numbers at once.
 *
 * A word holds two pixels: x0 + 2^16 * x1. A weight times that word makes both products. The sum t of two such products has the
 * products of pixel 0 in its lower half, since |wa| + |wb| <= 255, and those of pixel 1 in the upper, less one if the lower half
 * is negative. So T, the sum of all t modulo 2^32, and H, that of all upper halves, corrected, say both: sum 1 is H, sum 0 is
 * T - 2^16 * H. This takes half the multiplications, half the loads of weights, and less than half of what is left.
 *
 * Inputs 2i and 2i + 1 of four pixels are four words: both inputs of pixels 0 and 1, then of pixels 2 and 3. */
#ifndef BW_FOUR_PIXELS_H
#define BW_FOUR_PIXELS_H

#include "blocked/conv_2d_s8.h"

#define BW_PIXELS 4

/* All channels of four pixels. Assembly knows the offsets of these fields. */
typedef struct {
    const uint32_t *in;                /*  0: expanded */
    const uint32_t *weights;           /*  4 */
    int32_t channel_bytes;             /*  8 */
    const int32_t *constants;          /* 12 */
    const int8_t *shift;               /* 16 */
    int8_t *out;                       /* 20: of the first pixel */
    int32_t offset[3];                 /* 24: of the other pixels from the first; 0 for one that does not exist */
    int32_t rounding;                  /* 36: 2 * zero point + 1 */
    int32_t channels;                  /* 40: left to do */
    int32_t plain;                     /* 44 */
    const bw_conv_2d_s8_blocked_t *p;  /* 48 */
    int32_t sums[BW_PIXELS];           /* 52 */
} bw_four_t;

/* Makes all outputs of the job: one version for each instruction set. */
void bw_four_pixels(bw_four_t *job);

/* Makes the next channel's outputs of job->sums, whatever the shifts and the range. */
void bw_four_outputs(bw_four_t *job);

#endif
