/* Time since start, from the chip's cycle counter. */
#include "clock.h"

#include "board.h"
#include "divide.h"
#include "port.h"

static uint64_t total;

void clock_follow(void)
{
    static uint32_t last;
    uint32_t now = port_cycles();
    total += now - last;
    last = now;
}

uint64_t clock_us(void)
{
    clock_follow();
    uint64_t microseconds = total;
    divide(&microseconds, BOARD_CLOCK_HZ / 1000000u);
    return microseconds;
}
