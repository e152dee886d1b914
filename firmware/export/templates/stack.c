/* How deep the stack has been, where only the compiler knows the stack: the part below the sketch's setup() is painted
 * once, and whatever is no longer painted has been used. Interrupts count too. */
#include "stack.h"

#include "inference.h"

enum { PAINTED_WORDS = 384, PAINT = 0x5AC35AC3 };

static volatile uint32_t *limit;

__attribute__((noinline)) void stack_paint(void)
{
    volatile uint32_t area[PAINTED_WORDS];
    for (int i = 0; i < PAINTED_WORDS; i++)
        area[i] = PAINT;
    limit = (volatile uint32_t *)(uintptr_t)area;
}

uint32_t stack_reserved_bytes(void)
{
    return PAINTED_WORDS * 4;
}

uint32_t stack_peak_bytes(void)
{
    uint32_t unused = 0;
    while (unused < PAINTED_WORDS && limit[unused] == PAINT)
        unused++;
    return (PAINTED_WORDS - unused) * 4;
}

/* The model's inputs; what the Arduino core keeps for itself is in the figure that the IDE prints. */
uint32_t static_bytes(void)
{
    return sizeof input_buffer;
}
