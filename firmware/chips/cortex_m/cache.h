/* The first-level caches of the Cortex-M7. */
#ifndef CACHE_H
#define CACHE_H

#include <stdint.h>

/* ARMv7-M ARM (DDI 0403E) B3.2.8 and B2.2.7: configuration and maintenance; B4.8.3 and B4.8.1: size selection */
#define CCR (*(volatile uint32_t *)0xE000ED14u)
#define CCR_DC (1u << 16)
#define CCR_IC (1u << 17)
#define CCSIDR (*(volatile uint32_t *)0xE000ED80u)
#define CSSELR (*(volatile uint32_t *)0xE000ED84u)
#define CSSELR_L1_DATA 0u
#define ICIALLU (*(volatile uint32_t *)0xE000EF50u)
#define DCISW (*(volatile uint32_t *)0xE000EF60u)

static inline void cache_barrier(void)
{
    __asm volatile("dsb\n\tisb" ::: "memory");
}

/* Cortex-M7 TRM (DDI 0489F) 5.6: contents are unknown after reset, so every line is invalidated before its cache is on.
 * A way's number is in the highest bits of DCISW and a set's above the 32 bytes of a line. A data cache that a
 * bootloader left on is left alone: what it has not yet written back would be lost. */
static inline void start_caches(void)
{
    ICIALLU = 0;
    cache_barrier();
    CCR |= CCR_IC;
    cache_barrier();
    if (CCR & CCR_DC)
        return;
    CSSELR = CSSELR_L1_DATA;
    cache_barrier();
    uint32_t geometry = CCSIDR;
    uint32_t last_set = geometry >> 13 & 0x7FFFu, last_way = geometry >> 3 & 0x3FFu;
    for (uint32_t set = 0; set <= last_set; set++)
        for (uint32_t way = 0; way <= last_way; way++)
            DCISW = way << __builtin_clz(last_way) | set << 5;
    cache_barrier();
    CCR |= CCR_DC;
    cache_barrier();
}

#endif
