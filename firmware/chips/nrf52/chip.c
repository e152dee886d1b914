/* nRF52840: crystal, instruction cache, console UART and cycle counter. From the manual; not yet run on silicon.
 *
 * Sections are those of the nRF52840 Product Specification v1.7. The processor always runs at 64 MHz; the crystal makes
 * that exact. */
#include "port.h"

#include "../cortex_m/dwt.h"
#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

_Static_assert(BOARD_CLOCK_HZ == 64000000u, "the nRF52840 runs at 64 MHz and nothing else");

/* CLOCK, registers */
#define CLOCK_TASKS_HFCLKSTART REGISTER(0x40000000u)
#define CLOCK_HFCLKSTAT REGISTER(0x4000040Cu)
#define CLOCK_HFCLKSTAT_RUNNING_FROM_CRYSTAL (1u << 16 | 1u << 0) /* STATE and SRC */

/* NVMC, registers */
#define NVMC_ICACHECNF REGISTER(0x4001E540u)
#define NVMC_ICACHECNF_CACHEEN 1u

/* GPIO, registers; port 1 lies 0x300 above port 0 */
#define GPIO(port, offset) REGISTER(0x50000000u + 0x300u * (port) + (offset))
#define GPIO_OUTSET(port) GPIO(port, 0x508u)
#define GPIO_PIN_CNF(port, pin) GPIO(port, 0x700u + 4u * (pin))
#define GPIO_PIN_CNF_OUTPUT 1u
#define GPIO_PIN_CNF_INPUT_DISCONNECT (1u << 1)
#define GPIO_PIN_CNF_PULL_UP (3u << 2)

/* UART, registers: the one without DMA, which shares its address with UARTE0. */
#define UART0 0x40002000u
#define UART(offset) REGISTER(BOARD_CONSOLE + (offset))
#define UART_TASKS_STARTRX UART(0x000u)
#define UART_TASKS_STARTTX UART(0x008u)
#define UART_EVENTS_RXDRDY UART(0x108u)
#define UART_EVENTS_TXDRDY UART(0x11Cu)
#define UART_ENABLE UART(0x500u)
#define UART_ENABLE_UART 4u
#define UART_PSEL_RTS UART(0x508u)
#define UART_PSEL_TXD UART(0x50Cu)
#define UART_PSEL_CTS UART(0x510u)
#define UART_PSEL_RXD UART(0x514u)
#define UART_PSEL_DISCONNECTED 0xFFFFFFFFu
#define UART_PSEL(port, pin) ((port) << 5 | (pin))
#define UART_RXD UART(0x518u)
#define UART_TXD UART(0x51Cu)
#define UART_BAUDRATE UART(0x524u)
#define UART_CONFIG UART(0x56Cu)

/* A fraction of the 16 MHz peripheral clock in units of 2^-32; the twelve lowest bits are not used: 0x01D7E000 for
 * 115200 baud, as in the register's table. */
#define BAUD_VALUE ((uint32_t)(((uint64_t)BOARD_BAUD << 32) / 16000000u + 0x800u) & 0xFFFFF000u)

static void start_clock(void)
{
    NVMC_ICACHECNF = NVMC_ICACHECNF_CACHEEN;
    CLOCK_TASKS_HFCLKSTART = 1;
    while ((CLOCK_HFCLKSTAT & CLOCK_HFCLKSTAT_RUNNING_FROM_CRYSTAL) != CLOCK_HFCLKSTAT_RUNNING_FROM_CRYSTAL) {
    }
}

static void start_console(void)
{
    /* UART, pin configuration: the pins are set up before the peripheral takes them, and it takes them while off. */
    GPIO_OUTSET(BOARD_TX_PORT) = 1u << BOARD_TX_PIN;
    GPIO_PIN_CNF(BOARD_TX_PORT, BOARD_TX_PIN) = GPIO_PIN_CNF_OUTPUT | GPIO_PIN_CNF_INPUT_DISCONNECT;
    GPIO_PIN_CNF(BOARD_RX_PORT, BOARD_RX_PIN) = GPIO_PIN_CNF_PULL_UP;
    UART_ENABLE = 0;
    UART_PSEL_RTS = UART_PSEL_DISCONNECTED;
    UART_PSEL_CTS = UART_PSEL_DISCONNECTED;
    UART_PSEL_TXD = UART_PSEL(BOARD_TX_PORT, BOARD_TX_PIN);
    UART_PSEL_RXD = UART_PSEL(BOARD_RX_PORT, BOARD_RX_PIN);
    UART_BAUDRATE = BAUD_VALUE;
    UART_CONFIG = 0; /* no flow control, no parity, one stop bit */
    UART_ENABLE = UART_ENABLE_UART;
    UART_EVENTS_RXDRDY = 0;
    UART_TASKS_STARTTX = 1;
    UART_TASKS_STARTRX = 1;
}

void port_init(void)
{
    start_clock();
    start_console();
    start_cycle_counter();
}

bool port_ready(void)
{
    return UART_EVENTS_RXDRDY;
}

/* UART, reception: the event is cleared before the byte is read, or the next byte's event could be lost. */
uint8_t port_getc(void)
{
    while (!port_ready()) {
    }
    UART_EVENTS_RXDRDY = 0;
    return (uint8_t)UART_RXD;
}

/* UART, transmission: TXDRDY says that the byte has left, so the wait is after the write. */
void port_putc(uint8_t byte)
{
    UART_EVENTS_TXDRDY = 0;
    UART_TXD = byte;
    while (!UART_EVENTS_TXDRDY) {
    }
}
