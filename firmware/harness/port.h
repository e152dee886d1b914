/* The seam between the harness and a chip: porting is implementing these functions. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Brings the clock tree to BOARD_CLOCK_HZ, starts the console UART and the cycle counter. Runs once, after .data and .bss. */
void port_init(void);

/* Waits for one byte from the console. */
uint8_t port_getc(void);

/* True if port_getc need not wait. Only chips whose images can be updated have it: those with a flash.c. */
bool port_ready(void);

/* Sends one byte to the console; waits while the transmitter is full. */
void port_putc(uint8_t byte);

/* Processor cycles since port_init, modulo 2^32. */
uint32_t port_cycles(void);

#endif
