/* What the depthwise 3x3 kernels share: planes of 16-bit elements, and the frame of the loops in assembly.
 *
 * A plane lies in memory column by column; a word holds two neighbours of a row. */
#ifndef BW_ARMV7EM_PLANES_H
#define BW_ARMV7EM_PLANES_H

#include "armv7em/loads.h"
#include "armv7em/small.h"
#include "armv7em/depthwise_3x3_s8.h"

/* One channel. The assembly knows the offsets of these fields. */
typedef struct {
    const uint32_t *plane;          /*  0 */
    int32_t column_bytes;           /*  4: of the plane */
    int8_t *out;                    /*  8 */
    int32_t pixel_bytes;            /* 12 */
    int32_t row_bytes;              /* 16 */
    int32_t out_w, out_h;           /* 20, 24 */
    const uint32_t *channel;        /* 28 */
    int32_t rounding;               /* 32: 2 * zero point + 1 */
    int32_t shift;                  /* 36: for bw_plane_outputs */
    const bw_depthwise_3x3_s8_t *p; /* 40 */
    int32_t sums[4];                /* 44 */
} bw_plane_t;

/* Turns four doubled sums into outputs, whatever the shift and the range. */
void bw_plane_outputs(bw_plane_t *job);

/* Expands the planes of two channels; padding is there already. */
void bw_expand_planes(const bw_depthwise_3x3_s8_t *p, const int8_t *in, uint32_t *planes);

/* The whole layer; `multiply` makes one channel. */
void bw_depthwise_planes(const bw_depthwise_3x3_s8_t *p, const int8_t *in, int8_t *out, uint8_t *scratch,
                         void multiply(bw_plane_t *job));

/* Frame: 0, 4 pointers into two columns; 8 out; 12, 16 distances of the next column's and row's output; 20 rows left;
 * 24 multiplier, 28 shift (plus 256 if the zero point is -128), 32 rounding, 36 doubled bias, 40 bytes of a column, 44 job, 48 columns
 * left, 52 and 56 next column of plane and output. Doubled weights: r4 (w0, w1) and r5 (w1, w2) of the first row, then r6 to r9. */
#define BW_PLANE_ROW(word, w01, w12)                                                      \
    "sxtb16 r3, " word "\n"                                                               \
    "sxtb16 r12, " word ", ror #8\n"                                                      \
    "sadd16 r3, r3, r3\n"                                                                 \
    "sadd16 r12, r12, r12\n"                                                              \
    "pkhbt " w01 ", r3, r12, lsl #16\n"                                                   \
    "pkhbt " w12 ", r12, r3\n"

#define BW_PLANE_BEGIN                                                                    \
    "push {r4-r11, lr}\n"                                                                 \
    "sub sp, sp, #60\n"                                                                   \
    "str r0, [sp, #44]\n"                                                                 \
    "ldr r1, [r0, #28]\n"                                                                 \
    "ldrd r2, r3, [r1, #12]\n"                                                            \
    "lsl r2, r2, #1\n"                                                                    \
    "str r2, [sp, #36]\n"                                                                 \
    "str r3, [sp, #24]\n"                                                                 \
    "ldr r2, [r1]\n"                                                                      \
    "ldr r12, [r0, #32]\n"                                                                \
    "lsr r3, r2, #24\n"                                                                   \
    "cmp r3, #32\n"                                                                       \
    "it lo\n"                                                                             \
    "cmnlo r12, #255\n"                                                                   \
    "lsl r12, r12, r3\n"                                                                  \
    "it eq\n"                                                                             \
    "addeq r3, r3, #256\n"                                                                \
    "strd r3, r12, [sp, #28]\n"                                                           \
    BW_PLANE_ROW("r2", "r4", "r5")                                                        \
    "ldrd r2, r1, [r1, #4]\n"                                                             \
    BW_PLANE_ROW("r2", "r6", "r7")                                                        \
    BW_PLANE_ROW("r1", "r8", "r9")                                                        \
    "ldr r1, [r0, #4]\n"                                                                  \
    "str r1, [sp, #40]\n"                                                                 \
    "ldr r1, [r0, #20]\n"                                                                 \
    "str r1, [sp, #48]\n"                                                                 \
    "ldr r1, [r0]\n"                                                                      \
    "ldr r2, [r0, #8]\n"                                                                  \
    "strd r1, r2, [sp, #52]\n"                                                            \
    "1:\n"                                                                                \
    "ldrd r2, r1, [sp, #52]\n"                                                            \
    "str r1, [sp, #8]\n"                                                                  \
    "ldr r1, [sp, #40]\n"                                                                 \
    "add r3, r2, r1\n"                                                                    \
    "str r3, [sp, #52]\n"                                                                 \
    "ldr r0, [sp, #44]\n"                                                                 \
    "ldr r1, [r0, #24]\n"                                                                 \
    "str r1, [sp, #20]\n"                                                                 \
    "ldrd r0, r1, [r0, #12]\n"                                                            \
    "ldr r12, [sp, #48]\n"                                                                \
    "cmp r12, #1\n"                                                                       \
    "it eq\n"                                                                             \
    "moveq r0, #0\n"                                                                      \
    "strd r0, r1, [sp, #12]\n"                                                            \
    ".balign 4\n"                                                                         \
    "2:\n"

/* Multiplier, shift and rounding to r0, r1, r2, between the last products: what comes before each of r2, r0, r1 is free. To label 5 if
 * the outputs' zero point is not -128. If it is, all that is negative becomes -128, however it is rounded. */
#define BW_PLANE_SCALING(free_r2, free_r0, free_r1)                                       \
    BW_BESIDE("strd r2, r3, [sp]\n")                                                      \
    free_r2 BW_BESIDE("ldr r2, [sp, #32]\n")                                              \
    free_r0 BW_BESIDE("ldr r0, [sp, #24]\n")                                              \
    free_r1 BW_BESIDE("ldr r1, [sp, #28]\n")                                              \
    BW_TOGETHER("strd r2, r3, [sp]\n")                                                    \
    BW_TOGETHER("ldrd r0, r1, [sp, #24]\n")                                               \
    BW_TOGETHER("ldr r2, [sp, #32]\n")                                                    \
    "cmp r1, #256\n"                                                                      \
    "blo.w 5f\n"

#define BW_PLANE_SCALE(x, y)                                                              \
    "smmlar " x ", " x ", r0, r2\n"                                                       \
    "smmlar " y ", " y ", r0, r2\n" BW_PLANE_SHIFT(x) BW_PLANE_SHIFT(y)
#define BW_PLANE_SHIFT(sum)                                                               \
    "asr " sum ", " sum ", r1\n"                                                          \
    "ssat " sum ", #8, " sum ", asr #1\n"
#define BW_PLANE_SCALE_ANY(sum)                                                           \
    "add r3, r2, " sum ", asr #31\n"                                                      \
    "smmlar " sum ", " sum ", r0, r3\n" BW_PLANE_SHIFT(sum)

/* Out, next column and next row to r0, r1, r2; two rows less are left, and if that is less than none, the second row's outputs go
 * where the first row's will. */
#define BW_PLANE_PLACES                                                                   \
    "3:\n"                                                                                \
    "ldrd r0, r1, [sp, #8]\n"                                                             \
    "ldrd r2, r3, [sp, #16]\n"                                                            \
    "subs r3, r3, #2\n"                                                                   \
    "it mi\n"                                                                             \
    "movmi r2, #0\n"                                                                      \
    "str r3, [sp, #20]\n"                                                                 \
    "add r3, r0, r2\n"

/* On to the next two rows, else to the next columns, which lie `pixels` further; `scale_any` makes outputs of any zero point. */
#define BW_PLANE_END(pixels, scale_any)                                                              \
    "add r0, r3, r2\n"                                                                    \
    "str r0, [sp, #8]\n"                                                                  \
    "ldrd r2, r3, [sp]\n"                                                                 \
    "bgt.w 2b\n"                                                                          \
    "ldr r0, [sp, #44]\n"                                                                 \
    "ldr r1, [r0, #12]\n"                                                                 \
    "ldr r2, [sp, #56]\n"                                                                 \
    "add r2, r2, r1, lsl #" pixels " >> 1\n"                                              \
    "str r2, [sp, #56]\n"                                                                 \
    "ldr r2, [sp, #48]\n"                                                                 \
    "subs r2, r2, #" pixels "\n"                                                          \
    "str r2, [sp, #48]\n"                                                                 \
    "bgt.w 1b\n"                                                                          \
    "add sp, sp, #60\n"                                                                   \
    "pop {r4-r11, pc}\n"                                                                  \
    "5:\n"                                                                                \
    "cmp r1, #32\n"                                                                       \
    "bhs.w 4f\n" scale_any                                                                \
    "b.w 3b\n"                                                                            \
    "4:\n"                                                                                \
    "ldr r0, [sp, #44]\n"                                                                 \
    "add r1, r0, #44\n"                                                                   \
    "stm r1, {r10, r11, r12, lr}\n"                                                       \
    "bl bw_plane_outputs\n"                                                               \
    "ldr r0, [sp, #44]\n"                                                                 \
    "add r1, r0, #44\n"                                                                   \
    "ldm r1, {r10, r11, r12, lr}\n"                                                       \
    "b 3b\n"

#endif
