#include "stack.h"

/* The same pattern as in start-up. */
#define PAINT 0xC5C5C5C5u

extern uint32_t __stack_limit[], __stack_top[];
extern uint8_t __data_start[], __data_end[], __bss_start[], __bss_end[];

uint32_t stack_reserved_bytes(void)
{
    return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)__stack_limit);
}

uint32_t stack_peak_bytes(void)
{
    const volatile uint32_t *word = __stack_limit;
    while (word < __stack_top && *word == PAINT)
        word++;
    return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)word);
}

uint32_t static_bytes(void)
{
    return (uint32_t)(__data_end - __data_start) + (uint32_t)(__bss_end - __bss_start);
}
