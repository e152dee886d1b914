/* Flash of the nRF52840: pages of 4 KB, written in words. Product Specification v1.7; not yet run on silicon. */
#include "board.h"
#ifdef BOARD_SLOT_0

#include "../../bootloader/flash.h"
#include "../../bootloader/handoff.h"
#include "../../bootloader/watchdog.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* NVMC, registers */
#define NVMC_READY REGISTER(0x4001E400u)
#define NVMC_CONFIG REGISTER(0x4001E504u)
#define NVMC_CONFIG_WRITE 1u
#define NVMC_CONFIG_ERASE 2u
#define NVMC_ERASEPAGE REGISTER(0x4001E508u)
#define NVMC_ICACHECNF REGISTER(0x4001E540u)

#define PAGE_BYTES 4096u

uint32_t flash_page_end(uint32_t address)
{
    return (address & ~(PAGE_BYTES - 1u)) + PAGE_BYTES;
}

static void wait(void)
{
    while (!NVMC_READY) {
    }
}

/* The cache may hold what was there before; it is invalid after it was off. */
static void finish(void)
{
    uint32_t cache = NVMC_ICACHECNF;
    NVMC_CONFIG = 0;
    NVMC_ICACHECNF = 0;
    NVMC_ICACHECNF = cache;
}

/* NVMC reports no errors: what was done is read back. */
bool flash_erase(uint32_t address)
{
    const volatile uint32_t *page = &REGISTER(address & ~(PAGE_BYTES - 1u));
    NVMC_CONFIG = NVMC_CONFIG_ERASE;
    NVMC_ERASEPAGE = (uint32_t)(uintptr_t)page;
    wait();
    finish();
    for (uint32_t i = 0; i < PAGE_BYTES / 4; i++)
        if (page[i] != UINT32_MAX)
            return false;
    return true;
}

/* A word may be written twice between erasures (NVMC, electrical specification, nWRITE): one that would not change is
 * left alone, and nothing here is programmed over more than once. */
bool flash_program(uint32_t address, const uint8_t *data, uint32_t bytes)
{
    bool right = true;
    NVMC_CONFIG = NVMC_CONFIG_WRITE;
    for (uint32_t i = 0; i < bytes; i += 4) {
        uint32_t before = REGISTER(address + i), after = before & flash_word(data + i);
        if (before != after) {
            REGISTER(address + i) = flash_word(data + i);
            wait();
        }
        right &= REGISTER(address + i) == after && after == flash_word(data + i);
    }
    finish();
    return right;
}

/* POWER, RESETREAS; after power came there is none */
#define RESETREAS REGISTER(0x40000400u)
#define RESETREAS_PIN (1u << 0)
#define RESETREAS_WATCHDOG (1u << 1)
#define RESETREAS_SOFTWARE (1u << 2)

enum reset reset_cause(void)
{
    uint32_t flags = RESETREAS;
    RESETREAS = flags;
    return flags & RESETREAS_WATCHDOG   ? RESET_WATCHDOG
           : flags & RESETREAS_SOFTWARE ? RESET_SOFTWARE
           : flags & RESETREAS_PIN      ? RESET_PIN
                                        : RESET_POWER;
}

/* WDT, registers and reload criteria; its clock has 32,768 Hz, the internal one 2 % more or less */
#define WDT_START REGISTER(0x40010000u)
#define WDT_CRV REGISTER(0x40010504u)
#define WDT_RR_0 REGISTER(0x40010600u)
#define WDT_RR_FEED 0x6E524635u

void watchdog_start(void)
{
    WDT_CRV = 32768u * (WATCHDOG_S + 1) - 1;
    WDT_START = 1; /* a second start does nothing */
}

void watchdog_feed(void)
{
    WDT_RR_0 = WDT_RR_FEED;
}
#endif
