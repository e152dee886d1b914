/* What convolutions share that expand the inputs of one window after the other. */
#ifndef BW_ARMV7EM_SINGLE_H
#define BW_ARMV7EM_SINGLE_H

#include "armv7em/pixels.h"

/* All channels of `count` output pixels that lie side by side from `out` on, their inputs expanded from `in` on. */
void bw_single(const bw_conv_2d_s8_dsp_t *p, const uint32_t *in, int8_t *out, int32_t count);

/* The words of a group: two bytes for each input of four pixels, where weights have a byte for each of two channels. */
static inline int32_t bw_group_words(const bw_conv_2d_s8_dsp_t *p)
{
    return p->pair_bytes;
}

#endif
