/* STM32H74x: supply, clock tree, caches, console and cycle counter of the Cortex-M7. Not yet run on silicon.
 *
 * From RM0433; RM0399 has the same registers, and the STM32H747's own supply modes. */
#include "board.h"

#include "../cortex_m/cache.h"
#include "../cortex_m/dwt.h"
#include "../stm32/console.h"

/* RCC */
#define RCC_CR REGISTER(0x58024400u)
#define RCC_CR_HSION (1u << 0)
#define RCC_CR_HSIRDY (1u << 2)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_HSEBYP (1u << 18)
#define RCC_CR_PLL1ON (1u << 24)
#define RCC_CR_PLL1RDY (1u << 25)
#define RCC_CR_PLL2ON (1u << 26)
#define RCC_CR_PLL3ON (1u << 28)
#define RCC_CFGR REGISTER(0x58024410u)
#define RCC_CFGR_SW_MASK 7u
#define RCC_CFGR_SW_PLL1 3u
#define RCC_CFGR_SWS_MASK (7u << 3)
#define RCC_CFGR_SWS_PLL1 (3u << 3)
#define RCC_D1CFGR REGISTER(0x58024418u)
#define RCC_D1CFGR_HPRE_2 8u
#define RCC_D1CFGR_D1PPRE_2 (4u << 4)
#define RCC_D2CFGR REGISTER(0x5802441Cu)
#define RCC_D2CFGR_D2PPRE1_2 (4u << 4)
#define RCC_D2CFGR_D2PPRE2_2 (4u << 8)
#define RCC_D3CFGR REGISTER(0x58024420u)
#define RCC_D3CFGR_D3PPRE_2 (4u << 4)
#define RCC_PLLCKSELR REGISTER(0x58024428u)
#define RCC_PLLCKSELR_HSE 2u
#define RCC_PLLCFGR REGISTER(0x5802442Cu)
#define RCC_PLLCFGR_INPUT_4_TO_8_MHZ (2u << 2) /* and the wide range of the VCO: bit 1 clear */
#define RCC_PLLCFGR_P_ENABLE (1u << 16)
#define RCC_PLL1DIVR REGISTER(0x58024430u)
#define RCC_AHB4ENR 0x580244E0u
#define RCC_APB1LENR 0x580244E8u
#define RCC_APB2ENR 0x580244F0u
#define RCC_APB4ENR 0x580244F4u
#define RCC_APB4ENR_SYSCFG 1u

/* PWR */
#define PWR_CSR1 REGISTER(0x58024804u)
#define PWR_CSR1_ACTVOSRDY (1u << 13)
#define PWR_CR3 REGISTER(0x5802480Cu)
#define PWR_CR3_RESET 0x06u
#define PWR_D3CR REGISTER(0x58024818u)
#define PWR_D3CR_VOSRDY (1u << 13)
#define PWR_D3CR_VOS_SCALE1 (3u << 14)

/* SYSCFG_PWRCR.ODEN adds over-drive to scale 1, which is then called scale 0 */
#define SYSCFG_PWRCR REGISTER(0x5800042Cu)
#define SYSCFG_PWRCR_ODEN (1u << 0)

/* FLASH_ACR */
#define FLASH_ACR REGISTER(0x52002000u)
#define FLASH_ACR_LATENCY_MASK 0xFu
#define FLASH_ACR_WRHIGHFREQ_2 (2u << 4)

#define GPIO(port) (0x58020000u + 0x400u * (port))

_Static_assert(BOARD_HSE_HZ / BOARD_PLL_M * BOARD_PLL_N / BOARD_PLL_P == BOARD_CLOCK_HZ, "PLL does not give clock_hz");
_Static_assert(BOARD_HSE_HZ / BOARD_PLL_M >= 4000000u && BOARD_HSE_HZ / BOARD_PLL_M <= 8000000u, "PLL input");
_Static_assert(BOARD_PLL_P % 2 == 0, "P of the first PLL is even");
_Static_assert(BOARD_CLOCK_HZ <= 480000000u, "the STM32H74x runs at 480 MHz at most");
#define NEEDS_SCALE0 (BOARD_CLOCK_HZ > 400000000u)

/* The buses run at half the processor's clock, the peripherals at a quarter. */
#define APB_HZ (BOARD_CLOCK_HZ / 4u)

/* Memory map; RCC, clock enables. The kernel clock is the bus clock. */
#define USART1 {0x40011000u, RCC_APB2ENR, 4, USART_DIVISOR(APB_HZ)}
#define USART2 {0x40004400u, RCC_APB1LENR, 17, USART_DIVISOR(APB_HZ)}
#define USART3 {0x40004800u, RCC_APB1LENR, 18, USART_DIVISOR(APB_HZ)}
#define USART6 {0x40011400u, RCC_APB2ENR, 5, USART_DIVISOR(APB_HZ)}
static const struct console console = BOARD_CONSOLE;

/* PWR_CR3: the supply is chosen once after power-on, by a write to CR3, and the voltage can change after that
 * only. A bootloader may have chosen already. */
static void start_supply(void)
{
    if ((PWR_CR3 & 0xFFu) == PWR_CR3_RESET)
        PWR_CR3 = BOARD_SUPPLY;
    while (!(PWR_CSR1 & PWR_CSR1_ACTVOSRDY)) {
    }
    PWR_D3CR |= PWR_D3CR_VOS_SCALE1;
    while (!(PWR_D3CR & PWR_D3CR_VOSRDY)) {
    }
    if (NEEDS_SCALE0) {
        enable_clock(RCC_APB4ENR, RCC_APB4ENR_SYSCFG);
        SYSCFG_PWRCR |= SYSCFG_PWRCR_ODEN;
        while (!(PWR_D3CR & PWR_D3CR_VOSRDY)) {
        }
    }
}

/* A bootloader may have left the PLLs running: the processor goes back to HSI first. Their common source can be chosen
 * only while all three are off. */
static void stop_plls(void)
{
    RCC_CR |= RCC_CR_HSION;
    while (!(RCC_CR & RCC_CR_HSIRDY)) {
    }
    RCC_CFGR &= ~RCC_CFGR_SW_MASK;
    while (RCC_CFGR & RCC_CFGR_SWS_MASK) {
    }
    RCC_CR &= ~(RCC_CR_PLL1ON | RCC_CR_PLL2ON | RCC_CR_PLL3ON);
    while (RCC_CR & RCC_CR_PLL1RDY) {
    }
}

static void start_oscillator(void)
{
#ifdef BOARD_OSCILLATOR_PIN /* the output that switches the board's oscillator on */
    enable_clock(RCC_AHB4ENR, BOARD_OSCILLATOR_PORT);
    GPIO_BSRR(GPIO(BOARD_OSCILLATOR_PORT)) = 1u << BOARD_OSCILLATOR_PIN;
    set_field(&GPIO_MODER(GPIO(BOARD_OSCILLATOR_PORT)), 2u * BOARD_OSCILLATOR_PIN, 2, 1);
#endif
    RCC_CR |= RCC_CR_HSEBYP; /* an oscillator, not a crystal */
    RCC_CR |= RCC_CR_HSEON;
    while (!(RCC_CR & RCC_CR_HSERDY)) {
    }
}

static void start_clock(void)
{
    RCC_PLLCKSELR = RCC_PLLCKSELR_HSE | BOARD_PLL_M << 4;
    RCC_PLLCFGR = RCC_PLLCFGR_INPUT_4_TO_8_MHZ | RCC_PLLCFGR_P_ENABLE;
    RCC_PLL1DIVR = (BOARD_PLL_N - 1u) | (BOARD_PLL_P - 1u) << 9 | 1u << 16 | 1u << 24;
    RCC_CR |= RCC_CR_PLL1ON;
    while (!(RCC_CR & RCC_CR_PLL1RDY)) {
    }
    RCC_D1CFGR = RCC_D1CFGR_HPRE_2 | RCC_D1CFGR_D1PPRE_2;
    RCC_D2CFGR = RCC_D2CFGR_D2PPRE1_2 | RCC_D2CFGR_D2PPRE2_2;
    RCC_D3CFGR = RCC_D3CFGR_D3PPRE_2;
    FLASH_ACR = BOARD_FLASH_WAIT_STATES | FLASH_ACR_WRHIGHFREQ_2;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != BOARD_FLASH_WAIT_STATES) {
    }
    RCC_CFGR |= RCC_CFGR_SW_PLL1;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL1) {
    }
}

void port_init(void)
{
    stop_plls();
    start_supply();
    start_oscillator();
    start_clock();
    start_caches();
    enable_clock(RCC_AHB4ENR, BOARD_TX_PORT);
    enable_clock(RCC_AHB4ENR, BOARD_RX_PORT);
    route_pin(GPIO(BOARD_TX_PORT), BOARD_TX_PIN, BOARD_CONSOLE_AF);
    route_pin(GPIO(BOARD_RX_PORT), BOARD_RX_PIN, BOARD_CONSOLE_AF);
    start_console();
    unlock_cycle_counter();
    start_cycle_counter();
}
