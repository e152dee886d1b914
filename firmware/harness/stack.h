/* How deep the stack has been: start-up paints the free stack, and whatever is no longer painted has been used. */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

/* Bytes reserved by the linker script. */
uint32_t stack_reserved_bytes(void);

/* Largest use so far, in bytes. */
uint32_t stack_peak_bytes(void);

/* Bytes of .data and .bss, without arena and stack. */
uint32_t static_bytes(void);

#endif
