/* What an Xtensa core does from the first instruction of the image to main. A bootloader has put every segment into
 * place, .data among them; the linker script says where the stack is. Instructions are those of the LX106, which every
 * core of the family has: call0 ABI, no register windows. */
#include <stdint.h>

#include "port.h"

#define STACK_PAINT 0xC5C5C5C5u

extern uint32_t __stack_limit[], __bss_start[], __bss_end[];

int main(void);
void start(void);
void Default_Handler(void);

/* The virtual board stops here. */
__attribute__((used, noinline)) void Default_Handler(void)
{
    for (;;)
        __asm volatile("ill");
}

/* Marks the free part of the stack, so that its peak can be read later. Volatile: no call may happen while it runs. */
static inline void paint_stack(void)
{
    uint32_t *stack_pointer;
    __asm volatile("mov %0, sp" : "=r"(stack_pointer));
    for (volatile uint32_t *word = __stack_limit; word < stack_pointer; word++)
        *word = STACK_PAINT;
}

__attribute__((used, noreturn)) void start(void)
{
    paint_stack();
    for (volatile uint32_t *word = __bss_start; word < __bss_end; word++)
        *word = 0;
    port_init();
    (void)main();
    Default_Handler();
    __builtin_unreachable();
}

__asm__(".pushsection .vectors, \"ax\"\n"
        ".align 4\n"
        ".literal_position\n"
        ".global Reset_Handler\n"
        ".type Reset_Handler, @function\n"
        "Reset_Handler:\n"
        "movi sp, __stack_top\n"
        "movi a0, start\n"
        "jx a0\n"
        ".popsection\n");
