/* Four outputs of a fully connected layer at a time, for ARMv6-M. */
#include "blocked/fully_connected_s8.h"

/* Each shift of the word is a factor as it is; what is too much are the sums of the next output, 256 times. */
#define ONE_INPUT                                                         \
    "ldmia r1!, {r2}\n"                                                   \
    "ldrsb r3, [r4, r5]\n"                                                \
    "asrs r0, r2, #24\n"                                                  \
    "muls r0, r3, r0\n"                                                   \
    "add r9, r0\n"                                                        \
    "asrs r0, r2, #16\n"                                                  \
    "muls r0, r3, r0\n"                                                   \
    "add r8, r0\n"                                                        \
    "asrs r0, r2, #8\n"                                                   \
    "muls r0, r3, r0\n"                                                   \
    "adds r7, r7, r0\n"                                                   \
    "muls r2, r3, r2\n"                                                   \
    "adds r6, r6, r2\n"                                                   \
    "adds r5, r5, #1\n"

/* r4: behind the inputs; r5 counts up to 0. */
__attribute__((naked)) void bw_four_rows(int32_t sums[4], const uint32_t *weights, const int8_t *in, int32_t inputs)
{
    __asm volatile("push {r0, r4-r7, lr}\n"
                   "mov r4, r8\n"
                   "mov r5, r9\n"
                   "push {r4, r5}\n"
                   "adds r4, r2, r3\n"
                   "rsbs r5, r3, #0\n"
                   "movs r6, #0\n"
                   "movs r7, #0\n"
                   "mov r8, r6\n"
                   "mov r9, r6\n"
                   "lsls r3, r3, #30\n"
                   "beq 2f\n"
                   "1:\n" ONE_INPUT
                   "lsls r3, r5, #30\n"
                   "bne 1b\n"
                   "cmp r5, #0\n"
                   "beq 3f\n"
                   ".balign 8\n"
                   "2:\n" ONE_INPUT ONE_INPUT ONE_INPUT ONE_INPUT
                   "bne 2b\n"
                   "3:\n"
                   "mov r2, r8\n"
                   "mov r3, r9\n"
                   "lsls r0, r7, #8\n"
                   "subs r6, r6, r0\n"
                   "lsls r0, r2, #8\n"
                   "subs r7, r7, r0\n"
                   "lsls r0, r3, #8\n"
                   "subs r2, r2, r0\n"
                   "ldr r0, [sp, #8]\n"
                   "stmia r0!, {r6, r7}\n"
                   "stmia r0!, {r2, r3}\n"
                   "pop {r4, r5}\n"
                   "mov r8, r4\n"
                   "mov r9, r5\n"
                   "pop {r0, r4-r7, pc}\n");
}
