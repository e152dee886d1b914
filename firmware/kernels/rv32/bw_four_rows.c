/* Four outputs of a fully connected layer at a time, for RV32. */
#include "blocked/fully_connected_s8.h"

/* In assembly, as the compiler would make many products first and keep them on the stack. */
#define ONE_INPUT(x, w0, w1, w2, w3)                                      \
    "lb t4, " x "(a2)\n"                                                  \
    "lbu t5, " w0 "(a1)\n"                                                \
    "lbu t6, " w1 "(a1)\n"                                                \
    "lbu a6, " w2 "(a1)\n"                                                \
    "lb a7, " w3 "(a1)\n"                                                 \
    "mul t5, t5, t4\n"                                                    \
    "mul t6, t6, t4\n"                                                    \
    "mul a6, a6, t4\n"                                                    \
    "mul a7, a7, t4\n"                                                    \
    "add t0, t0, t5\n"                                                    \
    "add t1, t1, t6\n"                                                    \
    "add t2, t2, a6\n"                                                    \
    "add t3, t3, a7\n"

/* a4: where the inputs end, a5: where groups of eight do. */
__attribute__((naked)) void bw_four_rows(int32_t sums[4], const uint32_t *weights, const int8_t *in, int32_t inputs)
{
    __asm volatile("add a4, a2, a3\n"
                   "andi a5, a3, -8\n"
                   "add a5, a5, a2\n"
                   "li t0, 0\n"
                   "li t1, 0\n"
                   "li t2, 0\n"
                   "li t3, 0\n"
                   "beq a2, a5, 2f\n"
                   "1:\n"
                   ONE_INPUT("0", "0", "1", "2", "3") ONE_INPUT("1", "4", "5", "6", "7")
                   ONE_INPUT("2", "8", "9", "10", "11") ONE_INPUT("3", "12", "13", "14", "15")
                   ONE_INPUT("4", "16", "17", "18", "19") ONE_INPUT("5", "20", "21", "22", "23")
                   ONE_INPUT("6", "24", "25", "26", "27") ONE_INPUT("7", "28", "29", "30", "31")
                   "addi a1, a1, 32\n"
                   "addi a2, a2, 8\n"
                   "bne a2, a5, 1b\n"
                   "2:\n"
                   "beq a2, a4, 3f\n"
                   ONE_INPUT("0", "0", "1", "2", "3")
                   "addi a1, a1, 4\n"
                   "addi a2, a2, 1\n"
                   "j 2b\n"
                   "3:\n"
                   "sw t0, 0(a0)\n"
                   "sw t1, 4(a0)\n"
                   "sw t2, 8(a0)\n"
                   "sw t3, 12(a0)\n"
                   "ret\n");
}
