/* Depthwise 3x3 convolution of int8 and stride 2, for the DSP instructions. */
#include "armv7em/planes.h"

/* Two rows of outputs at a time: sums r10 and r12, over five rows of the plane. */
__attribute__((naked)) static void multiply_plane_stride_2(bw_plane_t *job)
{
    __asm volatile(BW_PLANE_BEGIN
                   "ldr r10, [sp, #36]\n"
                   BW_TOGETHER("ldrd r0, r1, [r2], #8\n")
                   BW_BESIDE("ldr r0, [r2], #8\n")
                   BW_BESIDE("ldr r1, [r2, #-4]\n")
                   "mov r12, r10\n"
                   "smlad r10, r4, r0, r10\n"
                   BW_BESIDE("ldr r0, [r2], #8\n")
                   "smlad r10, r6, r1, r10\n"
                   BW_BESIDE("ldr r1, [r2, #-4]\n")
                   BW_TOGETHER("ldrd r0, r1, [r2], #8\n")
                   "smlad r10, r8, r0, r10\n"
                   "smlad r12, r4, r0, r12\n"
                   BW_BESIDE("ldr r0, [r2]\n")
                   "smlad r12, r6, r1, r12\n"
                   BW_BESIDE("ldr r1, [r3], #8\n")
                   BW_TOGETHER("ldr r0, [r2]\n")
                   BW_TOGETHER("ldr r1, [r3], #8\n")
                   "smlad r12, r8, r0, r12\n"
                   BW_BESIDE("ldr r0, [r3, #-4]\n")
                   "smlatb r10, r5, r1, r10\n"
                   BW_BESIDE("ldr r1, [r3], #8\n")
                   BW_TOGETHER("ldr r0, [r3, #-4]\n")
                   BW_TOGETHER("ldr r1, [r3], #8\n")
                   "smlatb r10, r7, r0, r10\n"
                   BW_BESIDE("ldr r0, [r3, #-4]\n")
                   "smlatb r10, r9, r1, r10\n"
                   "smlatb r12, r5, r1, r12\n"
                   BW_BESIDE("ldr r1, [r3]\n")
                   BW_TOGETHER("ldr r0, [r3, #-4]\n")
                   BW_TOGETHER("ldr r1, [r3]\n")
                   BW_PLANE_SCALING("", "smlatb r12, r7, r0, r12\n", "smlatb r12, r9, r1, r12\n")
                   BW_PLANE_SCALE("r10", "r12")
                   BW_PLANE_PLACES
                   "strb r12, [r3]\n"
                   "strb r10, [r0]\n"
                   BW_PLANE_END("1", BW_PLANE_SCALE_ANY("r10") BW_PLANE_SCALE_ANY("r12")));
}

void bw_depthwise_3x3_stride_2_s8_dsp(const bw_depthwise_3x3_s8_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    bw_depthwise_planes(p, in, out, scratch, multiply_plane_stride_2);
}
