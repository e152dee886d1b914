/* Contract of the fully connected layer of int8, for the DSP instructions. */
#ifndef BW_ARMV7EM_FULLY_CONNECTED_S8_H
#define BW_ARMV7EM_FULLY_CONNECTED_S8_H

#include "armv7em/paired.h"

/* As bw_fully_connected_s8. Weights: as long as four pairs are left, those of four pairs side by side, eight words for four inputs:
 * the second word of pairs 3 and 2, the first of all, the second of 0 and 1; then the other pairs, one after the other. Order as
 * promised in kernels.h. */
typedef struct {
    int32_t rows, inputs;
    bw_paired_t pairs;
} bw_fully_connected_s8_dsp_t;
void bw_fully_connected_s8_dsp(const bw_fully_connected_s8_dsp_t *p, const int8_t *in, int8_t *out);

#endif
