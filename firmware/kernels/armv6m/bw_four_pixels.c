/* Four pixels of a convolution at a time, for ARMv6-M: one output channel after the other. */
#include "blocked/four_pixels.h"

/* Both inputs of two pixels times r4 and r5, for the sums T and H. ASRS leaves the sign of the lower half in the carry. */
#define TWO_PIXELS(t, h)                                                  \
    "ldmia r1!, {r6, r7}\n"                                               \
    "muls r6, r4, r6\n"                                                   \
    "muls r7, r5, r7\n"                                                   \
    "adds r6, r6, r7\n"                                                   \
    "add " t ", r6\n"                                                     \
    "asrs r6, r6, #16\n"                                                  \
    "adcs " h ", r6\n"
#define FOUR_PIXELS TWO_PIXELS("r8", "r2") TWO_PIXELS("r9", "r3")

/* r0: weights, r1: inputs, r11: keeps a word. */
#define FOUR_INPUTS                                                       \
    "ldmia r0!, {r5}\n"                                                   \
    "mov r11, r5\n"                                                       \
    "sxtb r4, r5\n"                                                       \
    "sxth r5, r5\n"                                                       \
    "asrs r5, r5, #8\n" FOUR_PIXELS                                       \
    "mov r5, r11\n"                                                       \
    "asrs r5, r5, #16\n"                                                  \
    "sxtb r4, r5\n"                                                       \
    "asrs r5, r5, #8\n" FOUR_PIXELS

/* A sum becomes a byte in r6. The multiplier's halves are in r4 and r5, the shift in r1, its rounding in lr; with a sum
 * s = 2^16 * a + b, b signed, s * multiplier / 2^31 = 2 * a * r4 + (b * r4 + b * r5 / 2^16 + a * r5) / 2^15, rounded by the carry
 * of ASRS. The second rounding takes 1 from what is negative. */
#define SCALE(sum)                                                        \
    "mov r0, " sum "\n"                                                   \
    "sxth r6, r0\n"                                                       \
    "subs r0, r0, r6\n"                                                   \
    "asrs r0, r0, #16\n"                                                  \
    "mov r7, r6\n"                                                        \
    "muls r7, r4, r7\n"                                                   \
    "muls r6, r5, r6\n"                                                   \
    "asrs r6, r6, #16\n"                                                  \
    "adds r7, r7, r6\n"                                                   \
    "mov r6, r0\n"                                                        \
    "muls r6, r5, r6\n"                                                   \
    "adds r7, r7, r6\n"                                                   \
    "muls r0, r4, r0\n"                                                   \
    "lsls r0, r0, #1\n"                                                   \
    "asrs r7, r7, #15\n"                                                  \
    "adcs r0, r7\n"                                                       \
    "asrs r6, r0, #31\n"                                                  \
    "add r0, lr\n"                                                        \
    "adds r0, r0, r6\n"                                                   \
    "asrs r0, r1\n"                                                       \
    "sxtb r6, r0\n"                                                       \
    "cmp r6, r0\n"                                                        \
    "beq 0f\n"                                                            \
    "asrs r6, r0, #31\n"                                                  \
    "movs r7, #127\n"                                                     \
    "eors r6, r7\n"                                                       \
    "0:\n"

/* The first sum of a pair in place of T. */
#define LOWER(t, h)                                                       \
    "lsls r6, " h ", #16\n"                                               \
    "mov r0, " t "\n"                                                     \
    "subs r0, r0, r6\n"                                                   \
    "mov " t ", r0\n"

/* On the stack: job, and the offsets of pixels 1 to 3. r8 and r2, r9 and r3: sums of pixels 0 and 1, 2 and 3. r10: where the
 * channel's weights end. r11: outputs. r12: job. */
__attribute__((naked)) void bw_four_pixels(bw_four_t *job)
{
    __asm volatile("push {r4-r7, lr}\n"
                   "mov r4, r8\n"
                   "mov r5, r9\n"
                   "mov r6, r10\n"
                   "mov r7, r11\n"
                   "push {r4-r7}\n"
                   "sub sp, #16\n"
                   "mov r4, r0\n"
                   "adds r4, #24\n"
                   "ldmia r4!, {r1-r3}\n"
                   "mov r4, sp\n"
                   "stmia r4!, {r0-r3}\n"
                   "mov r12, r0\n"
                   "1:\n"
                   "mov r7, r12\n"
                   "ldr r1, [r7]\n"
                   "ldr r0, [r7, #4]\n"
                   "ldr r4, [r7, #8]\n"
                   "ldr r5, [r7, #12]\n"
                   "adds r6, r0, r4\n"
                   "mov r10, r6\n"
                   "str r6, [r7, #4]\n"
                   "ldr r2, [r5]\n"
                   "mov r3, r2\n"
                   "lsls r6, r2, #16\n"
                   "adds r6, r6, r2\n"
                   "mov r8, r6\n"
                   "mov r9, r6\n"
                   "lsls r4, r4, #29\n"
                   "bmi 3f\n"
                   ".balign 8\n"
                   "2:\n" FOUR_INPUTS
                   "3:\n" FOUR_INPUTS
                   "cmp r0, r10\n"
                   "bne 2b\n" LOWER("r8", "r2") LOWER("r9", "r3")
                   "mov r7, r12\n"
                   "ldr r6, [r7, #44]\n"
                   "cmp r6, #0\n"
                   "bne 5f\n"
                   "b 4f\n"
                   "5:\n"
                   "ldr r6, [r7, #12]\n"
                   "ldr r4, [r6, #4]\n"
                   "adds r6, #8\n"
                   "str r6, [r7, #12]\n"
                   "ldr r6, [r7, #16]\n"
                   "ldrb r1, [r6]\n"
                   "adds r6, #1\n"
                   "str r6, [r7, #16]\n"
                   "ldr r6, [r7, #20]\n"
                   "mov r11, r6\n"
                   "adds r6, #1\n"
                   "str r6, [r7, #20]\n"
                   "ldr r6, [r7, #36]\n"
                   "subs r5, r1, #1\n"
                   "lsls r6, r5\n"
                   "mov lr, r6\n"
                   "uxth r5, r4\n"
                   "lsrs r4, r4, #16\n" SCALE("r3")
                   "ldr r0, [sp, #12]\n"
                   "mov r7, r11\n"
                   "strb r6, [r7, r0]\n" SCALE("r9")
                   "ldr r0, [sp, #8]\n"
                   "mov r7, r11\n"
                   "strb r6, [r7, r0]\n" SCALE("r2")
                   "ldr r0, [sp, #4]\n"
                   "mov r7, r11\n"
                   "strb r6, [r7, r0]\n" SCALE("r8")
                   "mov r7, r11\n"
                   "strb r6, [r7]\n"
                   "6:\n"
                   "mov r7, r12\n"
                   "ldr r6, [r7, #40]\n"
                   "subs r6, #1\n"
                   "str r6, [r7, #40]\n"
                   "beq 7f\n"
                   "b 1b\n"
                   "7:\n"
                   "add sp, #16\n"
                   "pop {r4-r7}\n"
                   "mov r8, r4\n"
                   "mov r9, r5\n"
                   "mov r10, r6\n"
                   "mov r11, r7\n"
                   "pop {r4-r7, pc}\n"
                   "4:\n"
                   "mov r0, r7\n"
                   "adds r7, #52\n"
                   "mov r4, r8\n"
                   "mov r5, r2\n"
                   "mov r6, r9\n"
                   "stmia r7!, {r4-r6}\n"
                   "str r3, [r7]\n"
                   "bl bw_four_outputs\n"
                   "ldr r0, [sp]\n"
                   "mov r12, r0\n"
                   "b 6b\n");
}
