/* The seam between the harness and a chip: porting is implementing these four functions. */
#ifndef PORT_H
#define PORT_H

#include <stdint.h>

/* Brings the clock tree to BOARD_CLOCK_HZ, starts the console UART and the cycle counter. Runs once, after .data and .bss. */
void port_init(void);

/* Waits for one byte from the console. */
uint8_t port_getc(void);

/* Sends one byte to the console; waits while the transmitter is full. */
void port_putc(uint8_t byte);

/* Processor cycles since port_init, modulo 2^32. */
uint32_t port_cycles(void);

#endif
