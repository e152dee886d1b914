/* bw_pixels_t with groups of four inputs of four pixels, 32 bytes a group. */
#ifndef BW_ARMV7EM_SINGLE_H
#define BW_ARMV7EM_SINGLE_H

#include "armv7em/pixels.h"

void bw_single(bw_pixels_t *job, const uint32_t *weights);

#endif
