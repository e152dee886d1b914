/* STM32L4+: clock tree with boost, console and cycle counter. From RM0432; not yet run on silicon. */
#include "board.h"

#include "../cortex_m/dwt.h"
#include "../stm32/console.h"

/* RCC */
#define RCC_CR REGISTER(0x40021000u)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR REGISTER(0x40021008u)
#define RCC_CFGR_SW_PLL 3u
#define RCC_CFGR_SWS_MASK (3u << 2)
#define RCC_CFGR_SWS_PLL (3u << 2)
#define RCC_CFGR_HPRE_2 (8u << 4)
#define RCC_PLLCFGR REGISTER(0x4002100Cu)
#define RCC_PLLCFGR_SOURCE_HSI16 2u
#define RCC_PLLCFGR_R_ENABLE (1u << 24)
#define RCC_AHB2ENR 0x4002104Cu
#define RCC_APB1ENR1 0x40021058u
#define RCC_APB1ENR1_PWR 28u
#define RCC_APB1ENR2 0x4002105Cu
#define RCC_APB2ENR 0x40021060u

/* PWR */
#define PWR_CR2 REGISTER(0x40007004u)
#define PWR_CR2_IOSV (1u << 9) /* the pins of port G from 2 upwards have a supply of their own */
#define PWR_CR5 REGISTER(0x40007080u)
#define PWR_CR5_R1MODE (1u << 8) /* set: range 1 normal, up to 80 MHz; clear: range 1 boost */

/* FLASH_ACR */
#define FLASH_ACR REGISTER(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 0xFu
#define FLASH_ACR_PREFETCH (1u << 8)
#define FLASH_ACR_INSTRUCTION_CACHE (1u << 9)
#define FLASH_ACR_DATA_CACHE (1u << 10)

#define GPIO(port) (0x48000000u + 0x400u * (port))

#define HSI16_HZ 16000000u
_Static_assert(HSI16_HZ / BOARD_PLL_M * BOARD_PLL_N / BOARD_PLL_R == BOARD_CLOCK_HZ, "PLL does not give clock_hz");
_Static_assert(BOARD_PLL_R % 2 == 0 && BOARD_PLL_R >= 2 && BOARD_PLL_R <= 8, "PLL R is 2, 4, 6 or 8");
_Static_assert(BOARD_CLOCK_HZ <= 120000000u, "the STM32L4+ runs at 120 MHz at most");

/* Memory map; RCC, clock enables. The kernel clock after reset is that of the bus. */
#define USART1 {0x40013800u, RCC_APB2ENR, 14, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define USART2 {0x40004400u, RCC_APB1ENR1, 17, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define USART3 {0x40004800u, RCC_APB1ENR1, 18, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define LPUART1 {0x40008000u, RCC_APB1ENR2, 0, LPUART_DIVISOR(BOARD_CLOCK_HZ)}
static const struct console console = BOARD_CONSOLE;

static void wait_at_least_1_us(void)
{
    for (volatile uint32_t i = 0; i < BOARD_CLOCK_HZ / 1000000u; i++) {
    }
}

/* The sequence from range 1 normal, in which the chip leaves reset, to range 1 boost. The bus divider is
 * 2 until 1 us after the PLL has taken over. */
static void start_clock(void)
{
    enable_clock(RCC_APB1ENR1, RCC_APB1ENR1_PWR);
    RCC_CR |= RCC_CR_HSION;
    while (!(RCC_CR & RCC_CR_HSIRDY)) {
    }
    RCC_PLLCFGR = RCC_PLLCFGR_SOURCE_HSI16 | (BOARD_PLL_M - 1u) << 4 | BOARD_PLL_N << 8 |
                  (BOARD_PLL_R / 2u - 1u) << 25 | RCC_PLLCFGR_R_ENABLE;
    RCC_CR |= RCC_CR_PLLON;
    while (!(RCC_CR & RCC_CR_PLLRDY)) {
    }
    RCC_CFGR = RCC_CFGR_HPRE_2;
    PWR_CR5 &= ~PWR_CR5_R1MODE;
    FLASH_ACR = BOARD_FLASH_WAIT_STATES | FLASH_ACR_PREFETCH | FLASH_ACR_INSTRUCTION_CACHE | FLASH_ACR_DATA_CACHE;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != BOARD_FLASH_WAIT_STATES) {
    }
    RCC_CFGR = RCC_CFGR_HPRE_2 | RCC_CFGR_SW_PLL;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL) {
    }
    wait_at_least_1_us();
    RCC_CFGR = RCC_CFGR_SW_PLL;
}

void port_init(void)
{
    start_clock();
    PWR_CR2 |= PWR_CR2_IOSV;
    enable_clock(RCC_AHB2ENR, BOARD_TX_PORT);
    enable_clock(RCC_AHB2ENR, BOARD_RX_PORT);
    route_pin(GPIO(BOARD_TX_PORT), BOARD_TX_PIN, BOARD_CONSOLE_AF);
    route_pin(GPIO(BOARD_RX_PORT), BOARD_RX_PIN, BOARD_CONSOLE_AF);
    start_console();
    start_cycle_counter();
}
