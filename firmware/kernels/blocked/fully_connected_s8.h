/* Contract of the fully connected layer of int8 for cores without SIMD. */
#ifndef BW_BLOCKED_FULLY_CONNECTED_S8_H
#define BW_BLOCKED_FULLY_CONNECTED_S8_H

#include "kernels.h"

/* As bw_fully_connected_s8. weights: for every four outputs, a word for each input: bytes 0 to 2 are 128 more than the weight, byte
 * 3 is signed; so the word shifted to the right by 8 * i is u_i + 256 * what it is shifted by 8 more. Outputs are padded to a
 * multiple of four with weights of 0. constants, for each output: bias, multiplier. shift: to the right, 1 to 22. Sums are below
 * 2^29. */
typedef struct {
    int32_t rows, inputs, outputs;
    const uint32_t *weights;
    const int32_t *constants;
    const int8_t *shift;
    bw_range_t out;
} bw_fully_connected_s8_blocked_t;
void bw_fully_connected_s8_blocked(const bw_fully_connected_s8_blocked_t *p, const int8_t *in, int8_t *out);

/* Sums of four outputs, those of the first three with the weights u_i above; one version for each instruction set. */
void bw_four_rows(int32_t sums[4], const uint32_t *weights, const int8_t *in, int32_t inputs);

#endif
