/* What an RV32 core in machine mode does from its first instruction to main. The linker script says where the memories
 * and the stack are; the chip's own code begins the image and jumps to Reset_Handler. */
#include <stdint.h>

#include "board.h"
#include "port.h"

#define STACK_PAINT 0xC5C5C5C5u

extern uint32_t __stack_limit[];
extern const uint32_t __data_load[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[];

int main(void);
void Reset_Handler(void);
void start(void);
void trap(void);
void Default_Handler(void);

/* A debugger, or the virtual board, reports where this happened; without one it is a trap in a trap. */
__attribute__((used, noinline)) void Default_Handler(void)
{
    for (;;)
        __asm volatile("ebreak");
}

static void say(const char *text)
{
    while (*text)
        port_putc((uint8_t)*text++);
}

static void say_word(uint32_t word)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        port_putc((uint8_t)"0123456789abcdef"[word >> shift & 15u]);
}

/* RISC-V Privileged Architecture 3.1.14 and 3.1.15: cause, and address of the instruction. */
__attribute__((used, noreturn)) void trap(void)
{
    uint32_t cause, address;
    __asm volatile("csrr %0, mcause" : "=r"(cause));
    __asm volatile("csrr %0, mepc" : "=r"(address));
    say("\r\ne-[trap 0x");
    say_word(cause);
    say(" at 0x");
    say_word(address);
    say("]\r\n");
    Default_Handler();
    __builtin_unreachable();
}

/* One jump of four bytes for each cause of an interrupt, and the first for all exceptions; 256 bytes at their multiple,
 * which suits cores with a vectored mode only. */
__asm__(".pushsection .text.trap_table, \"ax\"\n"
        ".balign 256\n"
        "trap_table:\n"
        ".option push\n"
        ".option norvc\n"
        ".rept 32\n"
        "j trap\n"
        ".endr\n"
        ".option pop\n"
        ".popsection\n");

/* Marks the free part of the stack, so that its peak can be read later. Volatile: no call may happen while it runs. */
static inline void paint_stack(void)
{
    uint32_t *stack_pointer;
    __asm volatile("mv %0, sp" : "=r"(stack_pointer));
    for (volatile uint32_t *word = __stack_limit; word < stack_pointer; word++)
        *word = STACK_PAINT;
}

static inline void fill_memory(void)
{
    const uint32_t *source = __data_load;
    for (volatile uint32_t *word = __data_start; word < __data_end; word++)
        *word = *source++;
    for (volatile uint32_t *word = __bss_start; word < __bss_end; word++)
        *word = 0;
}

__attribute__((used, noreturn)) void start(void)
{
    paint_stack();
    fill_memory();
    __asm volatile("la t0, trap_table\n\tori t0, t0, 1\n\tcsrw mtvec, t0" : : : "t0"); /* mode 1: vectored */
    port_init();
    (void)main();
    Default_Handler();
    __builtin_unreachable();
}

__attribute__((used, naked)) void Reset_Handler(void)
{
    __asm volatile("la sp, __stack_top\n\tj start");
}
