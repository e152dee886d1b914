/* Contract of the addition of int8 tensors of one shape, for the DSP instructions. */
#ifndef BW_ARMV7EM_ADD_S8_H
#define BW_ARMV7EM_ADD_S8_H

#include "kernels.h"

/* As bw_add_s8 for inputs of the output's shape. The coarser input b needs no multiplier: half of it counts, exactly. a_shift and
 * out_shift are to the right, less one, 0 to 21; a_shift is -1 if the inputs are equally coarse. The rounding constants hold the
 * halves that are lost by these shifts, out_rounding the zero point too. */
typedef struct {
    int32_t elements;
    int32_t a_zero, a_multiplier, a_shift;
    int32_t b_zero;
    int32_t out_multiplier, out_shift, out_rounding;
    int32_t out_min, out_max;
} bw_add_s8_dsp_t;
void bw_add_s8_dsp(const bw_add_s8_dsp_t *p, const int8_t *a, const int8_t *b, int8_t *out);

#endif
