/* Float layers in tiles of sixteen sums. Each sum takes its products in the order of the portable kernels, rounded as they are:
 * VMUL and VADD take two cycles on a Cortex-M4, VFMA takes three, and would round once. Results are the same bits everywhere. */
#ifndef BW_ARMV7EM_TILE_H
#define BW_ARMV7EM_TILE_H

#include <stdint.h>

/* Assembly knows the offsets of these fields. */
typedef struct {
    const float *in;          /*  0 */
    const void *weights;      /*  4 */
    int32_t inputs;           /*  8: more than 0 */
    const float *bias;        /* 12 */
    float out_min, out_max;   /* 16 */
    int32_t bounds;           /* 24: of out_min and out_max, how many are finite, in this order */
    float tile[16];           /* 28: outputs */
} bw_tile_t;

static inline int32_t bw_tile_bounds(float low, float high)
{
    return high < __builtin_inff() ? 2 : low > -__builtin_inff();
}

/* r0: job, r1: inputs, r2: weights, r3: inputs left. */
#define BW_TILE_BEGIN                                                         \
    "vpush {s16-s31}\n"                                                       \
    "ldrd r1, r2, [r0]\n"                                                     \
    "ldr r3, [r0, #8]\n"                                                      \
    "movs r12, #0\n"                                                          \
    "vmov s0, r12\n"                                                          \
    BW_TILE_COPY("s1", "s0") BW_TILE_COPY("s2", "s0") BW_TILE_COPY("s3", "s0") BW_TILE_COPY("s4", "s0")   \
    BW_TILE_COPY("s5", "s0") BW_TILE_COPY("s6", "s0") BW_TILE_COPY("s7", "s0") BW_TILE_COPY("s8", "s0")   \
    BW_TILE_COPY("s9", "s0") BW_TILE_COPY("s10", "s0") BW_TILE_COPY("s11", "s0") BW_TILE_COPY("s12", "s0") \
    BW_TILE_COPY("s13", "s0") BW_TILE_COPY("s14", "s0") BW_TILE_COPY("s15", "s0")
#define BW_TILE_COPY(to, from) "vmov.f32 " to ", " from "\n"

/* Four inputs a round, the rest one by one. */
#define BW_TILE_LOOP(four, one)                                               \
    "subs r3, r3, #4\n"                                                       \
    "blt.w 2f\n"                                                              \
    ".balign 4\n"                                                             \
    "1:\n" four                                                               \
    "subs r3, r3, #4\n"                                                       \
    "bge.w 1b\n"                                                              \
    "2:\n"                                                                    \
    "adds r3, r3, #4\n"                                                       \
    "beq.w 5f\n"                                                              \
    "4:\n" one                                                                \
    "subs r3, r3, #1\n"                                                       \
    "bne.w 4b\n"                                                              \
    "5:\n"

/* One input of four sums, by way of s28 to s31. On a Cortex-M4, VFMA takes a cycle more than these two; and every core rounds alike. */
#define BW_TILE_FOUR(x0, x1, x2, x3, w0, w1, w2, w3, s0, s1, s2, s3)          \
    "vmul.f32 s28, " x0 ", " w0 "\n"                                          \
    "vmul.f32 s29, " x1 ", " w1 "\n"                                          \
    "vmul.f32 s30, " x2 ", " w2 "\n"                                          \
    "vmul.f32 s31, " x3 ", " w3 "\n"                                          \
    "vadd.f32 " s0 ", " s0 ", s28\n"                                          \
    "vadd.f32 " s1 ", " s1 ", s29\n"                                          \
    "vadd.f32 " s2 ", " s2 ", s30\n"                                          \
    "vadd.f32 " s3 ", " s3 ", s31\n"

#define BW_TILE_LOW(sum)                                                      \
    "vcmp.f32 " sum ", s16\n"                                                 \
    "vmrs APSR_nzcv, fpscr\n"                                                 \
    "it mi\n"                                                                 \
    "vmovmi.f32 " sum ", s16\n"
#define BW_TILE_HIGH(sum)                                                     \
    "vcmp.f32 " sum ", s17\n"                                                 \
    "vmrs APSR_nzcv, fpscr\n"                                                 \
    "it gt\n"                                                                 \
    "vmovgt.f32 " sum ", s17\n"
#define BW_TILE_ALL(each)                                                     \
    each("s0") each("s1") each("s2") each("s3") each("s4") each("s5") each("s6") each("s7")               \
    each("s8") each("s9") each("s10") each("s11") each("s12") each("s13") each("s14") each("s15")

/* Clamps all sums and leaves. */
#define BW_TILE_END                                                           \
    "ldr r3, [r0, #24]\n"                                                     \
    "cmp r3, #0\n"                                                            \
    "beq.w 3f\n"                                                              \
    "vldr s16, [r0, #16]\n"                                                   \
    "vldr s17, [r0, #20]\n" BW_TILE_ALL(BW_TILE_LOW)                          \
    "cmp r3, #2\n"                                                            \
    "bne.w 3f\n" BW_TILE_ALL(BW_TILE_HIGH)                                    \
    "3:\n"                                                                    \
    "add r0, r0, #28\n"                                                       \
    "vstmia r0, {s0-s15}\n"                                                   \
    "vpop {s16-s31}\n"                                                        \
    "bx lr\n"

#endif
