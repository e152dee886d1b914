/* STM32F74x: clock tree with over-drive, caches, console and cycle counter. From RM0385; not yet run on silicon. */
#include "board.h"

#include "../cortex_m/cache.h"
#include "../cortex_m/dwt.h"
#include "../stm32/console.h"

/* RCC */
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
#define RCC_CFGR_PPRE1_4 (5u << 10)
#define RCC_CFGR_PPRE2_2 (4u << 13)
#define RCC_AHB1ENR 0x40023830u
#define RCC_APB1ENR 0x40023840u
#define RCC_APB1ENR_PWR 28u
#define RCC_APB2ENR 0x40023844u

/* PWR */
#define PWR_CR1 REGISTER(0x40007000u)
#define PWR_CR1_VOS_SCALE1 (3u << 14)
#define PWR_CR1_ODEN (1u << 16)
#define PWR_CR1_ODSWEN (1u << 17)
#define PWR_CSR1 REGISTER(0x40007004u)
#define PWR_CSR1_VOSRDY (1u << 14)
#define PWR_CSR1_ODRDY (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)

/* FLASH_ACR. ART serves flash at its other address (ITCM) only; here the caches do its job. */
#define FLASH_ACR REGISTER(0x40023C00u)
#define FLASH_ACR_LATENCY_MASK 0xFu
#define FLASH_ACR_PREFETCH (1u << 8)

#define GPIO(port) (0x40020000u + 0x400u * (port))

_Static_assert(BOARD_HSE_HZ / BOARD_PLL_M * BOARD_PLL_N / BOARD_PLL_P == BOARD_CLOCK_HZ, "PLL does not give clock_hz");
_Static_assert(BOARD_PLL_P % 2 == 0 && BOARD_PLL_P >= 2 && BOARD_PLL_P <= 8, "PLL P is 2, 4, 6 or 8");
_Static_assert(BOARD_CLOCK_HZ <= 216000000u, "the STM32F7 runs at 216 MHz at most");

/* APB1 up to 54 MHz and APB2 up to 108 MHz. */
#define APB1_HZ (BOARD_CLOCK_HZ / 4u)
#define APB2_HZ (BOARD_CLOCK_HZ / 2u)

/* Memory map; RCC, clock enables. The kernel clock is the bus clock. */
#define USART1 {0x40011000u, RCC_APB2ENR, 4, USART_DIVISOR(APB2_HZ)}
#define USART2 {0x40004400u, RCC_APB1ENR, 17, USART_DIVISOR(APB1_HZ)}
#define USART3 {0x40004800u, RCC_APB1ENR, 18, USART_DIVISOR(APB1_HZ)}
#define USART6 {0x40011400u, RCC_APB2ENR, 5, USART_DIVISOR(APB2_HZ)}
static const struct console console = BOARD_CONSOLE;

/* Over-drive, which more than 180 MHz need, is entered with the PLL on and not yet in use. */
static void enter_over_drive(void)
{
    PWR_CR1 |= PWR_CR1_ODEN;
    while (!(PWR_CSR1 & PWR_CSR1_ODRDY)) {
    }
    PWR_CR1 |= PWR_CR1_ODSWEN;
    while (!(PWR_CSR1 & PWR_CSR1_ODSWRDY)) {
    }
}

static void start_clock(void)
{
    enable_clock(RCC_APB1ENR, RCC_APB1ENR_PWR);
    PWR_CR1 |= PWR_CR1_VOS_SCALE1;
    RCC_CR |= RCC_CR_HSEON;
    while (!(RCC_CR & RCC_CR_HSERDY)) {
    }
    RCC_PLLCFGR = (RCC_PLLCFGR & RCC_PLLCFGR_RESERVED) | RCC_PLLCFGR_SOURCE_HSE | BOARD_PLL_M | BOARD_PLL_N << 6 |
                  (BOARD_PLL_P / 2u - 1u) << 16 | BOARD_PLL_Q << 24;
    RCC_CR |= RCC_CR_PLLON;
    enter_over_drive();
    while (!(RCC_CR & RCC_CR_PLLRDY)) {
    }
    while (!(PWR_CSR1 & PWR_CSR1_VOSRDY)) {
    }
    FLASH_ACR = BOARD_FLASH_WAIT_STATES | FLASH_ACR_PREFETCH;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != BOARD_FLASH_WAIT_STATES) {
    }
    RCC_CFGR = RCC_CFGR_PPRE1_4 | RCC_CFGR_PPRE2_2 | RCC_CFGR_SW_PLL;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL) {
    }
}

void port_init(void)
{
    start_clock();
    start_caches();
    enable_clock(RCC_AHB1ENR, BOARD_TX_PORT);
    enable_clock(RCC_AHB1ENR, BOARD_RX_PORT);
    route_pin(GPIO(BOARD_TX_PORT), BOARD_TX_PIN, BOARD_CONSOLE_AF);
    route_pin(GPIO(BOARD_RX_PORT), BOARD_RX_PIN, BOARD_CONSOLE_AF);
    start_console();
    unlock_cycle_counter();
    start_cycle_counter();
}
