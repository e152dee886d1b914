/* Time since start, from the port's 32-bit cycle counter. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Microseconds since the first call. Must be called at least once per wrap of the counter (9 s at 480 MHz). */
uint64_t clock_us(void);

#endif
