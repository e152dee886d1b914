/* The console of the STM32 families whose USART has separate data registers: all but F1, F2, F4 and L1.
 *
 * Included once, by chip.c, which then says in `console` where BOARD_CONSOLE is and how fast it is clocked. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "port.h"

#include "gpio.h"

/* `enable` is the address of the register that has the clock's bit. */
struct console {
    uint32_t base, enable, bit, divisor;
};
static const struct console console;

/* RM0444, and the same in the manuals of the other families */
#define USART_CR1 REGISTER(console.base + 0x00u)
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR3 REGISTER(console.base + 0x08u)
#define USART_CR3_OVRDIS (1u << 12)
#define USART_BRR REGISTER(console.base + 0x0Cu)
#define USART_ISR REGISTER(console.base + 0x1Cu)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TXE (1u << 7)
#define USART_RDR REGISTER(console.base + 0x24u)
#define USART_TDR REGISTER(console.base + 0x28u)

/* RM0444: BRR is clock / baud, oversampling by 16; LPUART, 256 times that. */
#define USART_DIVISOR(clock_hz) (((clock_hz) + BOARD_BAUD / 2u) / BOARD_BAUD)
#define LPUART_DIVISOR(clock_hz) ((uint32_t)((256ull * (clock_hz) + BOARD_BAUD / 2u) / BOARD_BAUD))

/* Registers may be written once their clock has arrived, which a read of the enable register waits for. */
static inline void enable_clock(uint32_t address, uint32_t bit)
{
    REGISTER(address) |= 1u << bit;
    (void)REGISTER(address);
}

/* The pins are routed already. A byte that arrives too early is lost, but reception never stops (OVRDIS). */
static inline void start_console(void)
{
    enable_clock(console.enable, console.bit);
    USART_CR1 = 0; /* a bootloader may have left it on, and BRR is written while it is off */
    USART_BRR = console.divisor;
    USART_CR3 = USART_CR3_OVRDIS;
    USART_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

bool port_ready(void)
{
    return USART_ISR & USART_ISR_RXNE;
}

uint8_t port_getc(void)
{
    while (!port_ready()) {
    }
    return (uint8_t)USART_RDR;
}

void port_putc(uint8_t byte)
{
    while (!(USART_ISR & USART_ISR_TXE)) {
    }
    USART_TDR = byte;
}

#endif
