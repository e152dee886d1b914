/* Depthwise 3x3 convolution of int8 and stride 1, for the DSP instructions. */
#include "armv7em/planes.h"

/* Two rows and two columns of outputs at a time: sums r10, r11 of the first row, r12, lr of the second. Columns at r2 and r3. */
__attribute__((naked)) static void multiply_plane(bw_plane_t *job)
{
    __asm volatile(BW_PLANE_BEGIN
                   "ldr r10, [sp, #36]\n"
                   BW_TOGETHER("ldrd r0, r1, [r2], #8\n")
                   BW_BESIDE("ldr r0, [r2], #8\n")
                   "mov r11, r10\n"
                   BW_BESIDE("ldr r1, [r2, #-4]\n")
                   "mov r12, r10\n"
                   "mov lr, r10\n"
                   "smlad r10, r4, r0, r10\n"
                   "smlabt r11, r4, r0, r11\n"
                   BW_BESIDE("ldr r0, [r2]\n")
                   "smlad r10, r6, r1, r10\n"
                   "smlabt r11, r6, r1, r11\n"
                   "smlad r12, r4, r1, r12\n"
                   "smlabt lr, r4, r1, lr\n"
                   BW_BESIDE("ldr r1, [r2, #4]\n")
                   BW_TOGETHER("ldrd r0, r1, [r2]\n")
                   "smlad r10, r8, r0, r10\n"
                   "smlabt r11, r8, r0, r11\n"
                   "smlad r12, r6, r0, r12\n"
                   "smlabt lr, r6, r0, lr\n"
                   BW_BESIDE("ldr r0, [r3], #8\n")
                   "smlad r12, r8, r1, r12\n"
                   "smlabt lr, r8, r1, lr\n"
                   BW_BESIDE("ldr r1, [r3, #-4]\n")
                   BW_TOGETHER("ldrd r0, r1, [r3], #8\n")
                   "smlatb r10, r5, r0, r10\n"
                   "smlad r11, r5, r0, r11\n"
                   BW_BESIDE("ldr r0, [r3]\n")
                   "smlatb r10, r7, r1, r10\n"
                   "smlad r11, r7, r1, r11\n"
                   "smlatb r12, r5, r1, r12\n"
                   "smlad lr, r5, r1, lr\n"
                   BW_BESIDE("ldr r1, [r3, #4]\n")
                   BW_TOGETHER("ldrd r0, r1, [r3]\n")
                   BW_PLANE_SCALING("smlatb r10, r9, r0, r10\n"
                                    "smlad r11, r9, r0, r11\n",
                                    "smlatb r12, r7, r0, r12\n"
                                    "smlad lr, r7, r0, lr\n",
                                    "smlatb r12, r9, r1, r12\n"
                                    "smlad lr, r9, r1, lr\n")
                   BW_PLANE_SCALE("r10", "r11") BW_PLANE_SCALE("r12", "lr")
                   BW_PLANE_PLACES
                   "strb lr, [r3, r1]\n"
                   "strb r12, [r3]\n"
                   "strb r11, [r0, r1]\n"
                   "strb r10, [r0]\n"
                   BW_PLANE_END("2", BW_PLANE_SCALE_ANY("r10") BW_PLANE_SCALE_ANY("r11") BW_PLANE_SCALE_ANY("r12") BW_PLANE_SCALE_ANY("lr")));
}

void bw_depthwise_3x3_s8_dsp(const bw_depthwise_3x3_s8_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    bw_depthwise_planes(p, in, out, scratch, multiply_plane);
}
