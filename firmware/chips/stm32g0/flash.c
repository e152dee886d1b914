/* Flash of the STM32G0 with two banks: pages of 2 KB, double words with ECC. From RM0444; not yet run on silicon.
 *
 * Option bytes as delivered: two banks, not swapped. */
#include "board.h"
#ifdef BOARD_SLOT_0

#include "../stm32/gpio.h"
#include "../stm32/reset_cause.h"
#include "../stm32/watchdog.h"
#include "../../bootloader/flash.h"

/* FLASH, registers */
#define FLASH_ACR REGISTER(0x40022000u)
#define FLASH_ACR_INSTRUCTION_CACHE (1u << 9)
#define FLASH_ACR_INSTRUCTION_CACHE_RESET (1u << 11)
#define FLASH_KEYR REGISTER(0x40022008u)
#define FLASH_SR REGISTER(0x40022010u)
#define FLASH_SR_ERRORS 0xC3FAu       /* all but EOP; cleared by writing them */
#define FLASH_SR_BUSY (7u << 16)      /* BSY1, BSY2, CFGBSY */
#define FLASH_CR REGISTER(0x40022014u)
#define FLASH_CR_PG (1u << 0)
#define FLASH_CR_PER (1u << 1)
#define FLASH_CR_PNB(page) ((page) << 3)
#define FLASH_CR_BKER(bank) ((bank) << 13)
#define FLASH_CR_STRT (1u << 16)
#define FLASH_CR_LOCK (1u << 31)
#define FLASH_ECCR(bank) REGISTER(0x40022018u + 4u * (bank))
#define FLASH_ECCR_ECCD (1u << 31)

#define ORIGIN 0x08000000u
#define PAGE_BYTES 2048u
#define BANK_PAGES 128u

uint32_t flash_page_end(uint32_t address)
{
    return (address & ~(PAGE_BYTES - 1u)) + PAGE_BYTES;
}

static void wait(void)
{
    while (FLASH_SR & FLASH_SR_BUSY) {
    }
}

static void begin(uint32_t work)
{
    wait();
    if (FLASH_CR & FLASH_CR_LOCK) {
        FLASH_KEYR = 0x45670123u; /* FLASH program and erase operations, unlocking */
        FLASH_KEYR = 0xCDEF89ABu;
    }
    FLASH_SR = FLASH_SR_ERRORS;
    FLASH_CR = work;
}

/* The cache may hold what was there before; it is reset while off. */
static bool finish(void)
{
    bool right = !(FLASH_SR & FLASH_SR_ERRORS);
    FLASH_CR = FLASH_CR_LOCK;
    uint32_t before = FLASH_ACR, off = before & ~FLASH_ACR_INSTRUCTION_CACHE;
    FLASH_ACR = off;
    FLASH_ACR = off | FLASH_ACR_INSTRUCTION_CACHE_RESET;
    FLASH_ACR = off;
    FLASH_ACR = before;
    return right;
}

bool flash_erase(uint32_t address)
{
    uint32_t page = (address - ORIGIN) / PAGE_BYTES;
    begin(FLASH_CR_PER | FLASH_CR_PNB(page % BANK_PAGES) | FLASH_CR_BKER(page / BANK_PAGES));
    FLASH_CR |= FLASH_CR_STRT;
    wait();
    return finish();
}

bool flash_program(uint32_t address, const uint8_t *data, uint32_t bytes)
{
    begin(FLASH_CR_PG);
    for (uint32_t i = 0; i < bytes; i += 8) {
        REGISTER(address + i) = flash_word(data + i);
        REGISTER(address + i + 4) = flash_word(data + i + 4);
        wait();
    }
    return finish();
}

/* A double word that a power cut left half written is read with an NMI: what came is looked at as any other bytes, and
 * is no image, no mark and no counter. Not modelled by the virtual board. */
void Chip_NMI_Handler(void)
{
    for (uint32_t bank = 0; bank < 2; bank++)
        FLASH_ECCR(bank) = FLASH_ECCR_ECCD; /* cleared by writing it */
}

/* RCC_CSR */
#define RCC_CSR REGISTER(0x40021060u)
#define RCC_CSR_RMVF (1u << 23)

enum reset reset_cause(void)
{
    return take_reset_cause(&RCC_CSR, RCC_CSR_RMVF);
}
#endif
