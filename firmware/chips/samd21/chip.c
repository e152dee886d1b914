/* SAM D21: clock tree, console SERCOM and cycle counter. From the manuals; not yet run on silicon. */
#include "port.h"

#include "board.h"

#define REGISTER8(address) (*(volatile uint8_t *)(address))
#define REGISTER16(address) (*(volatile uint16_t *)(address))
#define REGISTER32(address) (*(volatile uint32_t *)(address))

/* DS40001882: NVMCTRL */
#define NVMCTRL_CTRLB REGISTER32(0x41004004u)
#define NVMCTRL_CTRLB_RWS(wait_states) ((wait_states) << 1)
#define NVMCTRL_CTRLB_MANW (1u << 7) /* DS80000760 (errata): spurious writes to flash unless set */

/* DS40001882: SYSCTRL */
#define SYSCTRL_PCLKSR REGISTER32(0x4000080Cu)
#define SYSCTRL_PCLKSR_XOSC32KRDY (1u << 1)
#define SYSCTRL_PCLKSR_DFLLRDY (1u << 4)
#define SYSCTRL_PCLKSR_DFLLLCKF (1u << 6)
#define SYSCTRL_PCLKSR_DFLLLCKC (1u << 7)
#define SYSCTRL_XOSC32K REGISTER16(0x40000814u)
#define SYSCTRL_XOSC32K_ENABLE (1u << 1)
#define SYSCTRL_XOSC32K_CRYSTAL (1u << 2)
#define SYSCTRL_XOSC32K_EN32K (1u << 3)
#define SYSCTRL_XOSC32K_STARTUP_1S (5u << 8) /* 32768 cycles; a crystal takes up to 30000 */
#define SYSCTRL_DFLLCTRL REGISTER16(0x40000824u)
#define SYSCTRL_DFLLCTRL_ENABLE (1u << 1)
#define SYSCTRL_DFLLCTRL_CLOSED_LOOP (1u << 2)
#define SYSCTRL_DFLLCTRL_WAITLOCK (1u << 11)
#define SYSCTRL_DFLLVAL REGISTER32(0x40000828u)
#define SYSCTRL_DFLLMUL REGISTER32(0x4000082Cu)
#define SYSCTRL_DFLLMUL_STEPS (31u << 26 | 511u << 16) /* half the range of COARSE and of FINE */

/* DS40001882: GCLK, with its sources and channels */
#define GCLK_CTRL REGISTER8(0x40000C00u)
#define GCLK_CTRL_SWRST 1u
#define GCLK_STATUS REGISTER8(0x40000C01u)
#define GCLK_STATUS_SYNCBUSY (1u << 7)
#define GCLK_CLKCTRL REGISTER16(0x40000C02u)
#define GCLK_CLKCTRL_CLKEN (1u << 14)
#define GCLK_CLKCTRL_GENERATOR(n) ((n) << 8)
#define GCLK_GENCTRL REGISTER32(0x40000C04u)
#define GCLK_GENCTRL_GENEN (1u << 16)
#define GCLK_GENCTRL_IDC (1u << 17)
#define GCLK_GENCTRL_SOURCE(n) ((n) << 8)
#define GCLK_GENDIV REGISTER32(0x40000C08u)
#define GCLK_SOURCE_XOSC32K 5u
#define GCLK_SOURCE_DFLL48M 7u
#define GCLK_CHANNEL_DFLL48M_REFERENCE 0x00u
#define GCLK_CHANNEL_TC4_TC5 0x1Cu
#define GENERATOR_CPU 0u
#define GENERATOR_32K 1u

/* DS40001882: PM */
#define PM_APBCMASK REGISTER32(0x40000420u)
#define PM_APBCMASK_TC4_TC5 (3u << 12)

/* DS40001882: PORT, groups 0x80 apart */
#define PORT_PMUX(group, pin) REGISTER8(0x41004430u + 0x80u * (group) + (pin) / 2u)
#define PORT_PINCFG(group, pin) REGISTER8(0x41004440u + 0x80u * (group) + (pin))
#define PORT_PINCFG_PMUXEN (1u << 0)

/* DS40001882: SERCOM USART; its base, APBC bit and clock channel */
struct sercom {
    uint32_t base, apbc_bit, channel;
};
#define SERCOM(n) {0x42000800u + 0x400u * (n), 2u + (n), 0x14u + (n)}
#define SERCOM0 SERCOM(0u)
#define SERCOM5 SERCOM(5u)
static const struct sercom console = BOARD_CONSOLE;
#define USART_CTRLA REGISTER32(console.base + 0x00u)
#define USART_CTRLA_SWRST (1u << 0)
#define USART_CTRLA_ENABLE (1u << 1)
#define USART_CTRLA_INTERNAL_CLOCK (1u << 2)
#define USART_CTRLA_LSB_FIRST (1u << 30)
#define USART_CTRLB REGISTER32(console.base + 0x04u)
#define USART_CTRLB_TXEN (1u << 16)
#define USART_CTRLB_RXEN (1u << 17)
#define USART_BAUD REGISTER16(console.base + 0x0Cu)
#define USART_INTFLAG REGISTER8(console.base + 0x18u)
#define USART_INTFLAG_DRE (1u << 0)
#define USART_INTFLAG_RXC (1u << 2)
#define USART_SYNCBUSY REGISTER32(console.base + 0x1Cu)
#define USART_DATA REGISTER16(console.base + 0x28u)

/* DS40001882: TC4, with TC5 as its upper half in 32-bit mode */
#define TC4_CTRLA REGISTER16(0x42003000u)
#define TC_CTRLA_ENABLE (1u << 1)
#define TC_CTRLA_MODE_COUNT32 (2u << 2)
#define TC4_READREQ REGISTER16(0x42003002u)
#define TC_READREQ_RREQ (1u << 15)
#define TC_READREQ_COUNT 0x10u
#define TC4_STATUS REGISTER8(0x4200300Fu)
#define TC_STATUS_SYNCBUSY (1u << 7)
#define TC4_COUNT REGISTER32(0x42003010u)

/* The nearest multiple of the crystal: 1465 * 32768 Hz = 48.005 MHz, 0.01 % above the nominal clock. */
#define XOSC32K_HZ 32768u
#define DFLL_MULTIPLIER ((BOARD_CLOCK_HZ + XOSC32K_HZ / 2u) / XOSC32K_HZ)

/* SERCOM, asynchronous arithmetic, 16 samples a bit: BAUD = 65536 * (1 - 16 * baud / clock), rounded. */
#define BAUD_VALUE (65536u - (uint32_t)((65536ull * 16u * BOARD_BAUD + BOARD_CLOCK_HZ / 2u) / BOARD_CLOCK_HZ))
_Static_assert(16ull * BOARD_BAUD < BOARD_CLOCK_HZ, "the console is too fast for 16 samples a bit");

static void wait_gclk(void)
{
    while (GCLK_STATUS & GCLK_STATUS_SYNCBUSY) {
    }
}

static void start_generator(uint32_t generator, uint32_t source)
{
    GCLK_GENDIV = generator; /* divide by one */
    wait_gclk();
    GCLK_GENCTRL = generator | GCLK_GENCTRL_SOURCE(source) | GCLK_GENCTRL_GENEN | GCLK_GENCTRL_IDC;
    wait_gclk();
}

static void connect(uint32_t channel, uint32_t generator)
{
    GCLK_CLKCTRL = (uint16_t)(channel | GCLK_CLKCTRL_GENERATOR(generator) | GCLK_CLKCTRL_CLKEN);
    wait_gclk();
}

static void wait_oscillator(uint32_t ready)
{
    while ((SYSCTRL_PCLKSR & ready) != ready) {
    }
}

/* DFLL48M in closed loop on the 32.768 kHz crystal. */
static void start_clock(void)
{
    NVMCTRL_CTRLB = NVMCTRL_CTRLB_MANW | NVMCTRL_CTRLB_RWS(BOARD_FLASH_WAIT_STATES); /* before the clock rises */

    SYSCTRL_XOSC32K = SYSCTRL_XOSC32K_STARTUP_1S | SYSCTRL_XOSC32K_CRYSTAL | SYSCTRL_XOSC32K_EN32K;
    SYSCTRL_XOSC32K |= SYSCTRL_XOSC32K_ENABLE; /* enabled after it is configured */
    wait_oscillator(SYSCTRL_PCLKSR_XOSC32KRDY);

    GCLK_CTRL = GCLK_CTRL_SWRST;
    while (GCLK_CTRL & GCLK_CTRL_SWRST) {
    }
    wait_gclk();
    start_generator(GENERATOR_32K, GCLK_SOURCE_XOSC32K);
    connect(GCLK_CHANNEL_DFLL48M_REFERENCE, GENERATOR_32K);

    /* DS80000760 (errata), DFLL48M: ONDEMAND off before any other DFLL register is written, or the device freezes. */
    SYSCTRL_DFLLCTRL = 0;
    wait_oscillator(SYSCTRL_PCLKSR_DFLLRDY);
    SYSCTRL_DFLLMUL = SYSCTRL_DFLLMUL_STEPS | DFLL_MULTIPLIER;
    wait_oscillator(SYSCTRL_PCLKSR_DFLLRDY);
    SYSCTRL_DFLLCTRL = SYSCTRL_DFLLCTRL_CLOSED_LOOP | SYSCTRL_DFLLCTRL_WAITLOCK;
    wait_oscillator(SYSCTRL_PCLKSR_DFLLRDY);
    SYSCTRL_DFLLCTRL |= SYSCTRL_DFLLCTRL_ENABLE;
    wait_oscillator(SYSCTRL_PCLKSR_DFLLRDY | SYSCTRL_PCLKSR_DFLLLCKC | SYSCTRL_PCLKSR_DFLLLCKF);

    start_generator(GENERATOR_CPU, GCLK_SOURCE_DFLL48M);
}

static void route_pin(uint32_t group, uint32_t pin)
{
    uint32_t shift = 4u * (pin % 2u);
    PORT_PMUX(group, pin) = (uint8_t)((PORT_PMUX(group, pin) & ~(0xFu << shift)) | BOARD_CONSOLE_MUX << shift);
    PORT_PINCFG(group, pin) = PORT_PINCFG_PMUXEN;
}

static void wait_usart(void)
{
    while (USART_SYNCBUSY) {
    }
}

static void start_console(void)
{
    route_pin(BOARD_TX_PORT, BOARD_TX_PIN);
    route_pin(BOARD_RX_PORT, BOARD_RX_PIN);
    PM_APBCMASK |= 1u << console.apbc_bit;
    connect(console.channel, GENERATOR_CPU);
    USART_CTRLA = USART_CTRLA_SWRST;
    wait_usart();
    USART_CTRLA =
        USART_CTRLA_LSB_FIRST | USART_CTRLA_INTERNAL_CLOCK | BOARD_CONSOLE_TXPO << 16 | BOARD_CONSOLE_RXPO << 20;
    USART_BAUD = (uint16_t)BAUD_VALUE;
    USART_CTRLB = USART_CTRLB_TXEN | USART_CTRLB_RXEN; /* CHSIZE = 0: eight bits */
    wait_usart();
    USART_CTRLA |= USART_CTRLA_ENABLE;
    wait_usart();
}

static void wait_timer(void)
{
    while (TC4_STATUS & TC_STATUS_SYNCBUSY) {
    }
}

static void start_cycle_counter(void)
{
    PM_APBCMASK |= PM_APBCMASK_TC4_TC5;
    connect(GCLK_CHANNEL_TC4_TC5, GENERATOR_CPU);
    TC4_CTRLA = TC_CTRLA_MODE_COUNT32;
    TC4_CTRLA = TC_CTRLA_MODE_COUNT32 | TC_CTRLA_ENABLE;
    wait_timer();
}

void port_init(void)
{
    start_clock();
    start_console();
    start_cycle_counter();
}

uint8_t port_getc(void)
{
    while (!(USART_INTFLAG & USART_INTFLAG_RXC)) {
    }
    return (uint8_t)USART_DATA;
}

void port_putc(uint8_t byte)
{
    while (!(USART_INTFLAG & USART_INTFLAG_DRE)) {
    }
    USART_DATA = byte;
}

/* TC, READREQ: a read request brings COUNT over from the timer's clock domain. */
uint32_t port_cycles(void)
{
    TC4_READREQ = TC_READREQ_RREQ | TC_READREQ_COUNT;
    wait_timer();
    return TC4_COUNT;
}
