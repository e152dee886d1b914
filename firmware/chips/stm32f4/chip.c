/* STM32F405/407: clock tree, console USART and cycle counter. From the manuals; not yet run on silicon. */
#include "board.h"

#include "../cortex_m/dwt.h"
#include "../stm32/gpio.h"

/* RM0090: RCC */
#define RCC_CR REGISTER(0x40023800u)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR REGISTER(0x40023804u)
#define RCC_PLLCFGR_RESERVED 0xF0BC8000u /* bits to keep at their reset value */
#define RCC_PLLCFGR_SOURCE_HSE (1u << 22)
#define RCC_CFGR REGISTER(0x40023808u)
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS_MASK (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB1ENR_PWREN (1u << 28)

/* RM0090 section 5.4: PWR. VOS = 1 (scale 1) is what 168 MHz needs. */
#define PWR_CR REGISTER(0x40007000u)
#define PWR_CR_VOS (1u << 14)
#define PWR_CSR REGISTER(0x40007004u)
#define PWR_CSR_VOSRDY (1u << 14)

/* RM0090: FLASH_ACR */
#define FLASH_ACR REGISTER(0x40023C00u)
#define FLASH_ACR_LATENCY_MASK 0x7u
#define FLASH_ACR_PREFETCH (1u << 8) /* ES0182: revision A silicon has no working prefetch */
#define FLASH_ACR_INSTRUCTION_CACHE (1u << 9)
#define FLASH_ACR_DATA_CACHE (1u << 10)

#define GPIO(port) (0x40020000u + 0x400u * (port))

/* RM0090: USART; table 1: bases; bits of RCC_APB1ENR */
struct usart {
    uint32_t base, apb1_bit;
};
#define USART2 {0x40004400u, 17u}
#define USART3 {0x40004800u, 18u}
static const struct usart console = BOARD_CONSOLE;
#define USART_SR REGISTER(console.base + 0x00u)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TXE (1u << 7)
#define USART_DR REGISTER(console.base + 0x04u)
#define USART_BRR REGISTER(console.base + 0x08u)
#define USART_CR1 REGISTER(console.base + 0x0Cu)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_UE (1u << 13)

_Static_assert(BOARD_HSE_HZ / BOARD_PLL_M * BOARD_PLL_N / BOARD_PLL_P == BOARD_CLOCK_HZ, "PLL does not give clock_hz");
_Static_assert(BOARD_PLL_P % 2 == 0 && BOARD_PLL_P >= 2 && BOARD_PLL_P <= 8, "PLL P is 2, 4, 6 or 8");

/* RM0090: PPRE1 is 0 for no division, 4 to 7 for 2 to 16; PPRE2 likewise. */
enum {
    PPRE1 = BOARD_APB1_DIVIDER == 1   ? 0
            : BOARD_APB1_DIVIDER == 2 ? 4
            : BOARD_APB1_DIVIDER == 4 ? 5
            : BOARD_APB1_DIVIDER == 8 ? 6
                                      : 7,
    PPRE2 = PPRE1 > 4 ? PPRE1 - 1 : PPRE1, /* APB2 may run twice as fast as APB1 */
    APB1_HZ = BOARD_CLOCK_HZ / BOARD_APB1_DIVIDER,
};

static void start_clock(void)
{
    RCC_APB1ENR |= RCC_APB1ENR_PWREN;
    (void)RCC_APB1ENR; /* the clock arrives two cycles after the bit: ES0182, delay after an RCC clock enabling */
    PWR_CR |= PWR_CR_VOS;

    RCC_CR |= RCC_CR_HSEON;
    while (!(RCC_CR & RCC_CR_HSERDY)) {
    }
    RCC_PLLCFGR = (RCC_PLLCFGR & RCC_PLLCFGR_RESERVED) | RCC_PLLCFGR_SOURCE_HSE | BOARD_PLL_M | BOARD_PLL_N << 6 |
                  (BOARD_PLL_P / 2u - 1u) << 16 | BOARD_PLL_Q << 24;
    RCC_CR |= RCC_CR_PLLON;
    while (!(RCC_CR & RCC_CR_PLLRDY)) {
    }
    while (!(PWR_CSR & PWR_CSR_VOSRDY)) {
    }

    /* Slower flash before the faster clock, and the change confirmed: RM0090 section 3.5.1. */
    FLASH_ACR = BOARD_FLASH_WAIT_STATES | FLASH_ACR_PREFETCH | FLASH_ACR_INSTRUCTION_CACHE | FLASH_ACR_DATA_CACHE;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != BOARD_FLASH_WAIT_STATES) {
    }
    RCC_CFGR = (uint32_t)PPRE1 << 10 | (uint32_t)PPRE2 << 13 | RCC_CFGR_SW_PLL;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL) {
    }
}

static void start_console(void)
{
    RCC_AHB1ENR |= 1u << BOARD_TX_PORT | 1u << BOARD_RX_PORT;
    (void)RCC_AHB1ENR;
    route_pin(GPIO(BOARD_TX_PORT), BOARD_TX_PIN, BOARD_CONSOLE_AF);
    route_pin(GPIO(BOARD_RX_PORT), BOARD_RX_PIN, BOARD_CONSOLE_AF);
    RCC_APB1ENR |= 1u << console.apb1_bit;
    (void)RCC_APB1ENR;
    USART_BRR = ((uint32_t)APB1_HZ + BOARD_BAUD / 2u) / BOARD_BAUD; /* oversampling by 16 */
    USART_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

void port_init(void)
{
    start_clock();
    start_console();
    start_cycle_counter();
}

bool port_ready(void)
{
    return USART_SR & USART_SR_RXNE;
}

uint8_t port_getc(void)
{
    while (!port_ready()) {
    }
    return (uint8_t)USART_DR;
}

void port_putc(uint8_t byte)
{
    while (!(USART_SR & USART_SR_TXE)) {
    }
    USART_DR = byte;
}
