/* Flash of the STM32F405/407: sectors of three sizes, programmed in words. From RM0090; not yet run on silicon. */
#include "board.h"
#ifdef BOARD_SLOT_0

#include "../stm32/gpio.h"
#include "../stm32/reset_cause.h"
#include "../stm32/watchdog.h"
#include "../../bootloader/flash.h"

/* Section 3.9: registers */
#define FLASH_ACR REGISTER(0x40023C00u)
#define FLASH_ACR_DATA_CACHE (1u << 10)
#define FLASH_ACR_INSTRUCTION_CACHE_RESET (1u << 11)
#define FLASH_ACR_INSTRUCTION_CACHE (1u << 9)
#define FLASH_ACR_DATA_CACHE_RESET (1u << 12)
#define FLASH_KEYR REGISTER(0x40023C04u)
#define FLASH_SR REGISTER(0x40023C0Cu)
#define FLASH_SR_ERRORS 0xF2u /* PGSERR, PGPERR, PGAERR, WRPERR, OPERR; cleared by writing them */
#define FLASH_SR_BSY (1u << 16)
#define FLASH_CR REGISTER(0x40023C10u)
#define FLASH_CR_PG (1u << 0)
#define FLASH_CR_SER (1u << 1)
#define FLASH_CR_SNB(sector) ((sector) << 3)
#define FLASH_CR_PSIZE_WORD (2u << 8) /* table 7: 2.7 to 3.6 V */
#define FLASH_CR_STRT (1u << 16)
#define FLASH_CR_LOCK (1u << 31)

/* Table 5: four sectors of 16 KB, one of 64, then of 128 */
#define ORIGIN 0x08000000u
static uint32_t sector_of(uint32_t address)
{
    uint32_t offset = address - ORIGIN;
    return offset < 0x10000u ? offset >> 14 : offset < 0x20000u ? 4 : 4 + (offset >> 17);
}

uint32_t flash_page_end(uint32_t address)
{
    uint32_t sector = sector_of(address);
    return ORIGIN + (sector < 4 ? (sector + 1) << 14 : sector == 4 ? 0x20000u : (sector - 3) << 17);
}

static void unlock(void)
{
    if (FLASH_CR & FLASH_CR_LOCK) {
        FLASH_KEYR = 0x45670123u; /* section 3.6.1 */
        FLASH_KEYR = 0xCDEF89ABu;
    }
    FLASH_SR = FLASH_SR_ERRORS;
}

static bool finish(void)
{
    while (FLASH_SR & FLASH_SR_BSY) {
    }
    bool right = !(FLASH_SR & FLASH_SR_ERRORS);
    FLASH_CR = FLASH_CR_LOCK;
    return right;
}

/* Section 3.6.2: caches may hold what was erased; they are reset while off. */
static void forget_caches(void)
{
    uint32_t before = FLASH_ACR, off = before & ~(FLASH_ACR_DATA_CACHE | FLASH_ACR_INSTRUCTION_CACHE);
    FLASH_ACR = off;
    FLASH_ACR = off | FLASH_ACR_DATA_CACHE_RESET | FLASH_ACR_INSTRUCTION_CACHE_RESET;
    FLASH_ACR = off;
    FLASH_ACR = before;
}

bool flash_erase(uint32_t address)
{
    unlock();
    FLASH_CR = FLASH_CR_SER | FLASH_CR_SNB(sector_of(address)) | FLASH_CR_PSIZE_WORD;
    FLASH_CR |= FLASH_CR_STRT;
    bool right = finish();
    forget_caches();
    return right;
}

bool flash_program(uint32_t address, const uint8_t *data, uint32_t bytes)
{
    unlock();
    FLASH_CR = FLASH_CR_PG | FLASH_CR_PSIZE_WORD;
    for (uint32_t i = 0; i < bytes; i += 4) {
        REGISTER(address + i) = flash_word(data + i);
        while (FLASH_SR & FLASH_SR_BSY) {
        }
    }
    bool right = finish();
    forget_caches();
    return right;
}

/* Section 7.3.21: RCC_CSR */
#define RCC_CSR REGISTER(0x40023874u)
#define RCC_CSR_RMVF (1u << 24)

enum reset reset_cause(void)
{
    return take_reset_cause(&RCC_CSR, RCC_CSR_RMVF);
}
#endif
