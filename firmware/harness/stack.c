/* How deep the stack went: what is left of the pattern that start-up painted. */
#include "stack.h"

/* The same pattern as in start-up. */
#define PAINT 0xC5C5C5C5u

extern uint32_t __stack_limit[], __stack_top[];
extern uint8_t __static_bytes[]; /* a number, not an address */

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
    return (uint32_t)(uintptr_t)__static_bytes;
}
