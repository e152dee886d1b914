/* Time since start, from the port's 32-bit cycle counter. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Takes note of the counter. Must be called at least once per wrap of the counter (9 s at 480 MHz). */
void clock_follow(void);

/* Microseconds since the first call of either. */
uint64_t clock_us(void);

#endif
