/* The cycle counter of the cores with a data watchpoint and trace unit. Included once, by the chip.c that uses it. */
#ifndef DWT_H
#define DWT_H

#include "port.h"

/* ARMv7-M ARM (DDI 0403E) C1.6.5 and C1.8: trace enable and cycle counter; the same in ARMv8-M (DDI 0553B D1.2) */
#define DEMCR (*(volatile uint32_t *)0xE000EDFCu)
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL (*(volatile uint32_t *)0xE0001000u)
#define DWT_CTRL_CYCCNTENA (1u << 0)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)
#define DWT_LAR (*(volatile uint32_t *)0xE0001FB0u)
#define DWT_LAR_KEY 0xC5ACCE55u

/* Cortex-M7: CoreSight Architecture Specification (IHI 0029E) B2.3.10, software writes only after the key. */
static inline void unlock_cycle_counter(void)
{
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_LAR_KEY;
}

static inline void start_cycle_counter(void)
{
    DEMCR |= DEMCR_TRCENA;
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

uint32_t port_cycles(void)
{
    return DWT_CYCCNT;
}

#endif
