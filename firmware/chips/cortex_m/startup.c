/* What a Cortex-M does from reset to main. The linker script says where the memories and the stack are. */
#include <stdint.h>

#include "board.h"
#include "port.h"

#define STACK_PAINT 0xC5C5C5C5u

/* ARMv7-M ARM (DDI 0403E) */
#define VTOR (*(volatile uint32_t *)0xE000ED08u)  /* B3.2.5: vector table, which a bootloader left at its own */
#define CPACR (*(volatile uint32_t *)0xE000ED88u) /* B3.2.20: coprocessor access */
#define CPACR_FPU_FULL_ACCESS (0xFu << 20)        /* CP10 and CP11 */

extern uint32_t __stack_limit[], __stack_top[];
extern const uint32_t __data_load[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[];

int main(void);
void Reset_Handler(void);
void HardFault_Handler(void);
void Default_Handler(void);

/* A debugger, or the virtual board, reports where this happened; without one the core locks up here. */
__attribute__((used, noinline)) void HardFault_Handler(void)
{
#ifdef UPDATES /* an image on trial that fails has to go: its bootloader comes next (B3.2.6: AIRCR, SYSRESETREQ) */
    *(volatile uint32_t *)0xE000ED0Cu = 0x05FA0004u;
#endif
    for (;;)
        __asm volatile("bkpt #1");
}

__attribute__((used, noinline)) void Default_Handler(void)
{
    for (;;)
        __asm volatile("bkpt #2");
}

/* A chip whose flash tells damage by it has one of its own. */
__attribute__((weak, alias("Default_Handler"))) void Chip_NMI_Handler(void);

typedef void (*handler)(void);

/* DDI 0403E B1.5.2 and B1.5.3: the stack pointer, 15 system exceptions, then the chip's interrupts. */
struct vector_table {
    uint32_t *stack_top;
    handler system[15];
    handler interrupts[BOARD_INTERRUPTS];
};

__attribute__((section(".vectors"), used)) const struct vector_table vectors = {
    .stack_top = __stack_top,
    .system = {[0] = Reset_Handler, [1] = Chip_NMI_Handler, [2] = HardFault_Handler, [3 ... 14] = Default_Handler},
    .interrupts = {[0 ... BOARD_INTERRUPTS - 1] = Default_Handler},
};

/* Marks the free part of the stack, so that its peak can be read later. Volatile: no call may happen while it runs. */
static inline void paint_stack(void)
{
    uint32_t *stack_pointer;
    __asm volatile("mov %0, sp" : "=r"(stack_pointer));
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

__attribute__((used, noreturn)) void Reset_Handler(void)
{
    paint_stack();
    fill_memory();
    VTOR = (uint32_t)&vectors;
#ifdef __ARM_FP
    CPACR |= CPACR_FPU_FULL_ACCESS;
    __asm volatile("dsb\n\tisb" ::: "memory"); /* DDI 0403E B1.4.4: before the first floating-point instruction */
#endif
    port_init();
    (void)main();
    Default_Handler();
    __builtin_unreachable();
}
