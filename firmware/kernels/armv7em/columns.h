/* Fully connected layers in tiles of sixteen outputs of one row. */
#ifndef BW_ARMV7EM_COLUMNS_H
#define BW_ARMV7EM_COLUMNS_H

#include "armv7em/fully_connected_float.h"
#include "armv7em/tile.h"

#define BW_COLUMNS 16

/* The whole layer; `multiply` makes a tile, a weight has `item_bytes`. */
static inline void bw_multiply_columns(const bw_fully_connected_float_t *p, const float *in, float *out, int32_t item_bytes,
                                       void multiply(bw_tile_t *job))
{
    bw_tile_t job = {in, 0, p->inputs, 0, p->out_min, p->out_max, bw_tile_bounds(p->out_min, p->out_max), {0}};
    for (int32_t row = 0; row < p->rows; row++, job.in += p->inputs) {
        job.weights = p->weights;
        job.bias = p->bias;
        for (int32_t left = p->outputs; left > 0; left -= BW_COLUMNS) {
            multiply(&job);
            for (int32_t o = 0; o < BW_COLUMNS && o < left; o++)
                *out++ = job.tile[o];
            job.weights = (const uint8_t *)job.weights + BW_COLUMNS * item_bytes * p->inputs;
            job.bias += BW_COLUMNS;
        }
    }
}

/* The input in x, eight weights in s16 to s23. */
#define BW_COLUMNS_LOW(x)                                                                           \
    BW_TILE_FOUR(x, x, x, x, "s16", "s17", "s18", "s19", "s0", "s1", "s2", "s3")    \
    BW_TILE_FOUR(x, x, x, x, "s20", "s21", "s22", "s23", "s4", "s5", "s6", "s7")
#define BW_COLUMNS_HIGH(x)                                                                          \
    BW_TILE_FOUR(x, x, x, x, "s16", "s17", "s18", "s19", "s8", "s9", "s10", "s11")  \
    BW_TILE_FOUR(x, x, x, x, "s20", "s21", "s22", "s23", "s12", "s13", "s14", "s15")

/* All inputs; `weights` loads eight to s16 to s23. */
#define BW_COLUMNS_ONE(weights, x) weights BW_COLUMNS_LOW(x) weights BW_COLUMNS_HIGH(x)
#define BW_COLUMNS_LOOP(weights)                                                                    \
    BW_TILE_LOOP("vldmia r1!, {s24-s27}\n"                                                          \
                 BW_COLUMNS_ONE(weights, "s24") BW_COLUMNS_ONE(weights, "s25")                      \
                 BW_COLUMNS_ONE(weights, "s26") BW_COLUMNS_ONE(weights, "s27"),                     \
                 "vldmia r1!, {s24}\n" BW_COLUMNS_ONE(weights, "s24"))

#define BW_COLUMNS_BIAS                                                                             \
    "ldr r1, [r0, #12]\n"                                                                           \
    "vldmia r1, {s16-s31}\n"                                                                        \
    BW_COLUMNS_ADD("s0", "s16") BW_COLUMNS_ADD("s1", "s17") BW_COLUMNS_ADD("s2", "s18") BW_COLUMNS_ADD("s3", "s19")       \
    BW_COLUMNS_ADD("s4", "s20") BW_COLUMNS_ADD("s5", "s21") BW_COLUMNS_ADD("s6", "s22") BW_COLUMNS_ADD("s7", "s23")       \
    BW_COLUMNS_ADD("s8", "s24") BW_COLUMNS_ADD("s9", "s25") BW_COLUMNS_ADD("s10", "s26") BW_COLUMNS_ADD("s11", "s27")     \
    BW_COLUMNS_ADD("s12", "s28") BW_COLUMNS_ADD("s13", "s29") BW_COLUMNS_ADD("s14", "s30") BW_COLUMNS_ADD("s15", "s31")
#define BW_COLUMNS_ADD(sum, value) "vadd.f32 " sum ", " sum ", " value "\n"

#endif
