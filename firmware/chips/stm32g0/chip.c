/* STM32G0: clock tree, console and cycle counter. From RM0444; not yet run on silicon. */
#include "board.h"

#include "../stm32/console.h"

/* RCC */
#define RCC_CR REGISTER(0x40021000u)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR REGISTER(0x40021008u)
#define RCC_CFGR_SW_PLLR 2u
#define RCC_CFGR_SWS_MASK (7u << 3)
#define RCC_CFGR_SWS_PLLR (2u << 3)
#define RCC_PLLCFGR REGISTER(0x4002100Cu)
#define RCC_PLLCFGR_SOURCE_HSI16 2u
#define RCC_PLLCFGR_R_ENABLE (1u << 28)
#define RCC_IOPENR 0x40021034u
#define RCC_APBENR1 0x4002103Cu
#define RCC_APBENR1_TIM2 0u
#define RCC_APBENR2 0x40021040u

/* The reset value keeps the debug port alive and stays. */
#define FLASH_ACR REGISTER(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 7u
#define FLASH_ACR_PREFETCH (1u << 8)
#define FLASH_ACR_INSTRUCTION_CACHE (1u << 9)

/* TIM2, 32 bits wide */
#define TIM2_CR1 REGISTER(0x40000000u)
#define TIM2_CR1_CEN (1u << 0)
#define TIM2_CNT REGISTER(0x40000024u)

#define GPIO(port) (0x50000000u + 0x400u * (port))

#define HSI16_HZ 16000000u
_Static_assert(HSI16_HZ / BOARD_PLL_M * BOARD_PLL_N / BOARD_PLL_R == BOARD_CLOCK_HZ, "PLL does not give clock_hz");
_Static_assert(BOARD_CLOCK_HZ <= 64000000u, "the STM32G0 runs at 64 MHz at most");

/* Memory map; RCC, clock enables. The kernel clock is the bus clock. */
#define USART1 {0x40013800u, RCC_APBENR2, 14, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define USART2 {0x40004400u, RCC_APBENR1, 17, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define USART3 {0x40004800u, RCC_APBENR1, 18, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define LPUART1 {0x40008000u, RCC_APBENR1, 20, LPUART_DIVISOR(BOARD_CLOCK_HZ)}
static const struct console console = BOARD_CONSOLE;

/* After reset: HSI16, voltage range 1, which full speed needs. */
static void start_clock(void)
{
    FLASH_ACR = (FLASH_ACR & ~FLASH_ACR_LATENCY_MASK) | BOARD_FLASH_WAIT_STATES | FLASH_ACR_PREFETCH |
                FLASH_ACR_INSTRUCTION_CACHE;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != BOARD_FLASH_WAIT_STATES) {
    }
    RCC_PLLCFGR = RCC_PLLCFGR_SOURCE_HSI16 | (BOARD_PLL_M - 1u) << 4 | BOARD_PLL_N << 8 | (BOARD_PLL_R - 1u) << 29 |
                  RCC_PLLCFGR_R_ENABLE;
    RCC_CR |= RCC_CR_PLLON;
    while (!(RCC_CR & RCC_CR_PLLRDY)) {
    }
    RCC_CFGR = RCC_CFGR_SW_PLLR;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLLR) {
    }
}

/* There is no DWT, and SysTick has 24 bits only. TIM2 counts the bus clock, which is the processor's. */
static void start_cycle_counter(void)
{
    enable_clock(RCC_APBENR1, RCC_APBENR1_TIM2);
    TIM2_CR1 = TIM2_CR1_CEN;
}

void port_init(void)
{
    start_clock();
    enable_clock(RCC_IOPENR, BOARD_TX_PORT);
    enable_clock(RCC_IOPENR, BOARD_RX_PORT);
    route_pin(GPIO(BOARD_TX_PORT), BOARD_TX_PIN, BOARD_CONSOLE_AF);
    route_pin(GPIO(BOARD_RX_PORT), BOARD_RX_PIN, BOARD_CONSOLE_AF);
    start_console();
    start_cycle_counter();
}

uint32_t port_cycles(void)
{
    return TIM2_CNT;
}
