/* Sums of two pixels and two channels of int16 inputs and int8 weights. */
#include "armv7em/two_pixels.h"

/* Four inputs: weights of the even channel in r8 and r10, of the odd one in r9 and r11. */
#define FOUR_INPUTS                                                       \
    "ldrd r10, r11, [r0], #8\n"                                           \
    "ldrd r12, lr, [r1], #8\n"                                            \
    "sxtb16 r8, r10\n"                                                    \
    "sxtb16 r9, r11\n"                                                    \
    "sxtb16 r10, r10, ror #8\n"                                           \
    "sxtb16 r11, r11, ror #8\n"                                           \
    "smlad r4, r12, r8, r4\n"                                             \
    "smlad r5, r12, r9, r5\n"                                             \
    "smlad r4, lr, r10, r4\n"                                             \
    "smlad r5, lr, r11, r5\n"                                             \
    "ldrd r12, lr, [r2], #8\n"                                            \
    "smlad r6, r12, r8, r6\n"                                             \
    "smlad r7, r12, r9, r7\n"                                             \
    "smlad r6, lr, r10, r6\n"                                             \
    "smlad r7, lr, r11, r7\n"

__attribute__((naked)) const uint32_t *bw_two_pixels(const uint32_t *weights, const int16_t *in, int32_t inputs, int32_t sums[4])
{
    __asm volatile("push {r3-r11, lr}\n"
                   "add r3, r0, r2, lsl #1\n"
                   "lsls r12, r2, #29\n"
                   "add r2, r1, r2, lsl #1\n"
                   "mov r4, #0\n"
                   "mov r5, #0\n"
                   "mov r6, #0\n"
                   "mov r7, #0\n"
                   "bmi.w 2f\n"
                   ".balign 4\n"
                   "1:\n" FOUR_INPUTS
                   "2:\n" FOUR_INPUTS
                   "cmp r0, r3\n"
                   "bne.w 1b\n"
                   "pop {r3}\n"
                   "stm r3, {r4-r7}\n"
                   "pop {r4-r11, pc}\n");
}
