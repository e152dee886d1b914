/* Why an STM32 was reset: RM0090 and RM0444, the flags of RCC_CSR, which lie at the same bits. */
#ifndef RESET_CAUSE_H
#define RESET_CAUSE_H

#include "../../bootloader/handoff.h"

/* The pin's flag comes with every other one; writing `remove` clears them all. */
static inline enum reset take_reset_cause(volatile uint32_t *csr, uint32_t remove)
{
    uint32_t flags = *csr;
    *csr |= remove;
    return flags >> 27 & 1 ? RESET_POWER : flags >> 29 & 3 ? RESET_WATCHDOG : flags >> 28 & 1 ? RESET_SOFTWARE : RESET_PIN;
}

#endif
