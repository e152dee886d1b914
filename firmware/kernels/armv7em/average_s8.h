/* Contract of the average over a whole image of int8, for the DSP instructions. */
#ifndef BW_ARMV7EM_AVERAGE_S8_H
#define BW_ARMV7EM_AVERAGE_S8_H

#include "kernels.h"

/* bw_average_pool_2d_s8 over the whole input of at most 255 pixels; channels are a multiple of four. */
typedef struct {
    int32_t pixels, channels;
    int32_t out_min, out_max;
} bw_average_s8_t;
void bw_average_s8_dsp(const bw_average_s8_t *p, const int8_t *in, int8_t *out);

#endif
