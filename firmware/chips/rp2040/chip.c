/* RP2040: clock tree, console UART and cycle counter. From the datasheet, whose sections are cited; not yet run on
 * silicon. The boot ROM and boot2.c have run before; the flash's interface is ready. */
#include "port.h"

#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* Section 2.14.3: RESETS */
#define RESETS_RESET REGISTER(0x4000C000u)
#define RESETS_RESET_DONE REGISTER(0x4000C008u)
#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_TIMER (1u << 21)
#define RESETS_UART(n) (1u << (22u + (n)))

/* Section 2.16.7: XOSC */
#define XOSC_CTRL REGISTER(0x40024000u)
#define XOSC_CTRL_ENABLE_1_15MHZ (0xFABu << 12 | 0xAA0u)
#define XOSC_STATUS REGISTER(0x40024004u)
#define XOSC_STATUS_STABLE (1u << 31)
#define XOSC_STARTUP REGISTER(0x4002400Cu)

/* Section 2.18.4: PLL_SYS */
#define PLL_CS REGISTER(0x40028000u)
#define PLL_CS_LOCK (1u << 31)
#define PLL_PWR REGISTER(0x40028004u)
#define PLL_PWR_PD (1u << 0)
#define PLL_PWR_POSTDIVPD (1u << 3)
#define PLL_PWR_VCOPD (1u << 5)
#define PLL_FBDIV_INT REGISTER(0x40028008u)
#define PLL_PRIM REGISTER(0x4002800Cu)

/* Section 2.15.7: CLOCKS */
#define CLK_REF_CTRL REGISTER(0x40008030u)
#define CLK_REF_CTRL_SRC_XOSC 2u
#define CLK_REF_SELECTED REGISTER(0x40008038u)
#define CLK_SYS_CTRL REGISTER(0x4000803Cu)
#define CLK_SYS_CTRL_SRC_AUX 1u /* and AUXSRC 0: PLL_SYS */
#define CLK_SYS_SELECTED REGISTER(0x40008044u)
#define CLK_PERI_CTRL REGISTER(0x40008048u)
#define CLK_PERI_CTRL_ENABLE (1u << 11) /* and AUXSRC 0: the system clock */

/* Section 4.7.6: the watchdog's tick, which also drives the timer; section 4.6.5: TIMER */
#define WATCHDOG_TICK REGISTER(0x4005802Cu)
#define WATCHDOG_TICK_ENABLE (1u << 9)
#define TIMER_TIMERAWL REGISTER(0x40054028u)

/* Section 2.19.6.1: IO_BANK0; section 2.19.6.3: PADS_BANK0 */
#define IO_BANK0_CTRL(pin) REGISTER(0x40014004u + 8u * (pin))
#define PADS_BANK0(pin) REGISTER(0x4001C004u + 4u * (pin))
#define PADS_INPUT_PULL_UP 0x5Au /* input enable, 4 mA, pull-up, Schmitt trigger: an open line reads idle */

/* Section 4.2.8: UART, an Arm PL011 */
struct uart {
    uint32_t base, reset;
};
#define UART0 {0x40034000u, RESETS_UART(0u)}
#define UART1 {0x40038000u, RESETS_UART(1u)}
static const struct uart console = BOARD_CONSOLE;
#define UART_DR REGISTER(console.base + 0x00u)
#define UART_FR REGISTER(console.base + 0x18u)
#define UART_FR_RXFE (1u << 4)
#define UART_FR_TXFF (1u << 5)
#define UART_IBRD REGISTER(console.base + 0x24u)
#define UART_FBRD REGISTER(console.base + 0x28u)
#define UART_LCR_H REGISTER(console.base + 0x2Cu)
#define UART_LCR_H_FIFO_8_BITS (1u << 4 | 3u << 5)
#define UART_CR REGISTER(console.base + 0x30u)
#define UART_CR_ON (1u << 0 | 1u << 8 | 1u << 9)

/* Section 2.4.8: SysTick; ARMv6-M ARM (DDI 0419) B3.3 */
#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_CSR_ENABLE_PROCESSOR_CLOCK (1u << 2 | 1u << 0)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
#define SYST_BITS 24u

enum { CYCLES_PER_US = BOARD_CLOCK_HZ / 1000000u };

_Static_assert((uint64_t)BOARD_XOSC_HZ * BOARD_PLL_FBDIV / (BOARD_PLL_POSTDIV1 * BOARD_PLL_POSTDIV2) == BOARD_CLOCK_HZ,
               "PLL does not give clock_hz");
_Static_assert(BOARD_XOSC_HZ / 1000000u * BOARD_PLL_FBDIV >= 750u && BOARD_XOSC_HZ / 1000000u * BOARD_PLL_FBDIV <= 1600u,
               "section 2.18.2: the VCO runs at 750 to 1600 MHz");
_Static_assert(BOARD_CLOCK_HZ % 1000000u == 0, "the timer must have whole cycles a microsecond");

static void release(uint32_t blocks)
{
    RESETS_RESET &= ~blocks;
    while ((RESETS_RESET_DONE & blocks) != blocks) {
    }
}

/* Crystal, then PLL, then the glitchless switch of the system clock: sections 2.16.3, 2.18.3, 2.15.3.2. */
static void start_clock(void)
{
    XOSC_STARTUP = (BOARD_XOSC_HZ / 1000u + 255u) / 256u; /* a millisecond, in units of 256 cycles */
    XOSC_CTRL = XOSC_CTRL_ENABLE_1_15MHZ;
    while (!(XOSC_STATUS & XOSC_STATUS_STABLE)) {
    }
    CLK_REF_CTRL = CLK_REF_CTRL_SRC_XOSC;
    while (!(CLK_REF_SELECTED & 1u << CLK_REF_CTRL_SRC_XOSC)) {
    }

    release(RESETS_PLL_SYS);
    PLL_CS = 1; /* the crystal undivided */
    PLL_FBDIV_INT = BOARD_PLL_FBDIV;
    PLL_PWR &= ~(PLL_PWR_PD | PLL_PWR_VCOPD);
    while (!(PLL_CS & PLL_CS_LOCK)) {
    }
    PLL_PRIM = BOARD_PLL_POSTDIV1 << 16 | BOARD_PLL_POSTDIV2 << 12;
    PLL_PWR &= ~PLL_PWR_POSTDIVPD;

    CLK_SYS_CTRL = CLK_SYS_CTRL_SRC_AUX;
    while (!(CLK_SYS_SELECTED & 1u << CLK_SYS_CTRL_SRC_AUX)) {
    }
    CLK_PERI_CTRL = CLK_PERI_CTRL_ENABLE;
}

static void start_console(void)
{
    release(RESETS_IO_BANK0 | RESETS_PADS_BANK0 | console.reset);
    PADS_BANK0(BOARD_RX_PIN) = PADS_INPUT_PULL_UP;
    IO_BANK0_CTRL(BOARD_TX_PIN) = BOARD_CONSOLE_FUNCTION;
    IO_BANK0_CTRL(BOARD_RX_PIN) = BOARD_CONSOLE_FUNCTION;
    /* Section 4.2.7.1: the divider in 64ths, rounded; LCR_H last, since it latches it. */
    uint32_t divider = (BOARD_CLOCK_HZ * 8u / BOARD_BAUD + 1u) / 2u;
    UART_IBRD = divider >> 6;
    UART_FBRD = divider & 63u;
    UART_LCR_H = UART_LCR_H_FIFO_8_BITS;
    UART_CR = UART_CR_ON;
}

/* The M0+ of this chip has no cycle counter, and SysTick wraps eight times a second. */
static void start_cycle_counter(void)
{
    WATCHDOG_TICK = WATCHDOG_TICK_ENABLE | BOARD_XOSC_HZ / 1000000u;
    release(RESETS_TIMER);
    SYST_RVR = (1u << SYST_BITS) - 1u;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE_PROCESSOR_CLOCK;
}

void port_init(void)
{
    start_clock();
    start_console();
    start_cycle_counter();
}

uint8_t port_getc(void)
{
    while (UART_FR & UART_FR_RXFE) {
    }
    return (uint8_t)UART_DR;
}

void port_putc(uint8_t byte)
{
    while (UART_FR & UART_FR_TXFF) {
    }
    UART_DR = byte;
}

/* SysTick has the lower 24 bits of the cycles, exactly. The timer, which runs from the same crystal, has all of them to
 * within some microseconds. The sum is the timer's count moved by less than half a wrap to where SysTick agrees; that
 * both started a little apart is far less than that, and cancels in differences. */
uint32_t port_cycles(void)
{
    uint32_t coarse = TIMER_TIMERAWL * CYCLES_PER_US; /* modulo 2^32, as the timer's own wrap is */
    uint32_t fine = 0u - SYST_CVR;
    int32_t ahead = (int32_t)((fine - coarse) << (32u - SYST_BITS)) >> (32u - SYST_BITS);
    return coarse + (uint32_t)ahead;
}
