/* STM32U575: clock tree with booster, caches, console and cycle counter. From RM0456; not yet run on silicon.
 *
 * Addresses are the non-secure ones: TrustZone is off as the chip leaves the factory. */
#include "board.h"

#include "../cortex_m/dwt.h"
#include "../stm32/console.h"

/* RCC */
#define RCC_CR REGISTER(0x46020C00u)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_PLL1ON (1u << 24)
#define RCC_CR_PLL1RDY (1u << 25)
#define RCC_CFGR1 REGISTER(0x46020C1Cu)
#define RCC_CFGR1_SW_PLL 3u
#define RCC_CFGR1_SWS_MASK (3u << 2)
#define RCC_CFGR1_SWS_PLL (3u << 2)
#define RCC_PLL1CFGR REGISTER(0x46020C28u)
#define RCC_PLL1CFGR_SOURCE_HSI16 2u
#define RCC_PLL1CFGR_INPUT_8_TO_16_MHZ (3u << 2)
#define RCC_PLL1CFGR_R_ENABLE (1u << 18)
#define RCC_PLL1DIVR REGISTER(0x46020C34u)
#define RCC_PLL1DIVR_P_Q_RESET (1u << 9 | 1u << 16)
#define RCC_AHB2ENR1 0x46020C8Cu
#define RCC_AHB3ENR 0x46020C94u
#define RCC_AHB3ENR_PWR 2u
#define RCC_APB1ENR1 0x46020C9Cu
#define RCC_APB2ENR 0x46020CA4u

/* PWR */
#define PWR_CR3 REGISTER(0x46020808u)
#define PWR_CR3_REGSEL_SMPS (1u << 1)
#define PWR_SVMSR REGISTER(0x4602083Cu)
#define PWR_SVMSR_REGS_SMPS (1u << 1)
#define PWR_VOSR REGISTER(0x4602080Cu)
#define PWR_VOSR_BOOSTRDY (1u << 14)
#define PWR_VOSR_VOSRDY (1u << 15)
#define PWR_VOSR_RANGE1 (3u << 16)
#define PWR_VOSR_BOOSTEN (1u << 18)

/* FLASH_ACR */
#define FLASH_ACR REGISTER(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 0xFu
#define FLASH_ACR_PREFETCH (1u << 8)

/* ICACHE, for code and for constants in flash alike; DCACHE1 serves external memories only */
#define ICACHE_CR REGISTER(0x40030400u)
#define ICACHE_CR_ENABLE (1u << 0)
#define ICACHE_SR REGISTER(0x40030404u)
#define ICACHE_SR_BUSY (1u << 0)

#define GPIO(port) (0x42020000u + 0x400u * (port))

#define HSI16_HZ 16000000u
_Static_assert(HSI16_HZ / BOARD_PLL_M * BOARD_PLL_N / BOARD_PLL_R == BOARD_CLOCK_HZ, "PLL does not give clock_hz");
_Static_assert(BOARD_PLL_M <= 2, "the PLL's input is between 8 and 16 MHz");
_Static_assert(BOARD_CLOCK_HZ <= 160000000u, "the STM32U5 runs at 160 MHz at most");

/* Memory map; RCC, clock enables. The kernel clock after reset is the bus's. */
#define USART1 {0x40013800u, RCC_APB2ENR, 14, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define USART2 {0x40004400u, RCC_APB1ENR1, 17, USART_DIVISOR(BOARD_CLOCK_HZ)}
#define USART3 {0x40004800u, RCC_APB1ENR1, 18, USART_DIVISOR(BOARD_CLOCK_HZ)}
static const struct console console = BOARD_CONSOLE;

/* The board has the step-down converter's coil, and the chip leaves reset with the linear regulator. The
 * switch takes a while, and must be over before the voltage rises. */
static void start_converter(void)
{
    PWR_CR3 |= PWR_CR3_REGSEL_SMPS;
    while (!(PWR_SVMSR & PWR_SVMSR_REGS_SMPS)) {
    }
}

/* Range 1, and above 55 MHz the booster, which the PLL's source clocks and which needs 4 to 16 MHz. */
static void start_clock(void)
{
    enable_clock(RCC_AHB3ENR, RCC_AHB3ENR_PWR);
    start_converter();
    RCC_CR |= RCC_CR_HSION;
    while (!(RCC_CR & RCC_CR_HSIRDY)) {
    }
    RCC_PLL1CFGR = RCC_PLL1CFGR_SOURCE_HSI16 | RCC_PLL1CFGR_INPUT_8_TO_16_MHZ | (BOARD_PLL_M - 1u) << 8 |
                   RCC_PLL1CFGR_R_ENABLE;
    RCC_PLL1DIVR = (BOARD_PLL_N - 1u) | RCC_PLL1DIVR_P_Q_RESET | (BOARD_PLL_R - 1u) << 24;
    PWR_VOSR = PWR_VOSR_RANGE1 | PWR_VOSR_BOOSTEN;
    while ((PWR_VOSR & (PWR_VOSR_VOSRDY | PWR_VOSR_BOOSTRDY)) != (PWR_VOSR_VOSRDY | PWR_VOSR_BOOSTRDY)) {
    }
    FLASH_ACR = BOARD_FLASH_WAIT_STATES | FLASH_ACR_PREFETCH;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != BOARD_FLASH_WAIT_STATES) {
    }
    RCC_CR |= RCC_CR_PLL1ON;
    while (!(RCC_CR & RCC_CR_PLL1RDY)) {
    }
    RCC_CFGR1 = RCC_CFGR1_SW_PLL;
    while ((RCC_CFGR1 & RCC_CFGR1_SWS_MASK) != RCC_CFGR1_SWS_PLL) {
    }
}

/* The cache empties itself after reset, and is enabled when that is done. */
static void start_cache(void)
{
    while (ICACHE_SR & ICACHE_SR_BUSY) {
    }
    ICACHE_CR |= ICACHE_CR_ENABLE;
}

void port_init(void)
{
    start_clock();
    start_cache();
    enable_clock(RCC_AHB2ENR1, BOARD_TX_PORT);
    enable_clock(RCC_AHB2ENR1, BOARD_RX_PORT);
    route_pin(GPIO(BOARD_TX_PORT), BOARD_TX_PIN, BOARD_CONSOLE_AF);
    route_pin(GPIO(BOARD_RX_PORT), BOARD_RX_PIN, BOARD_CONSOLE_AF);
    start_console();
    start_cycle_counter();
}
