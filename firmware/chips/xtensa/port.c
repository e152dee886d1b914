/* The port of the Xtensa chips: a console in memory and the core's own cycle counter.
 *
 * These images run in labwired, for their outputs alone. A UART would cost them 20,000 instructions a byte, as long as a
 * byte takes at 115200 baud, and labwired's ESP32 receives none; so the host reads and writes two rings in RAM, as debug
 * probes do. The way to silicon is the export, whose sketch speaks over the board's own Serial. */
#include "port.h"

#define RING_BYTES 512u /* a power of two */

/* Counts of bytes ever put in and taken out; `waiting` is 1 while the image can do nothing without a byte. The host
 * writes to_host_taken, from_host_put and from_host. */
struct rings {
    uint32_t to_host_put, to_host_taken, from_host_put, from_host_taken, waiting;
    uint8_t to_host[RING_BYTES], from_host[RING_BYTES];
};
extern volatile struct rings console_rings;
volatile struct rings console_rings;

void port_init(void)
{
}

uint8_t port_getc(void)
{
    uint32_t taken = console_rings.from_host_taken;
    while (console_rings.from_host_put == taken)
        console_rings.waiting = 1;
    console_rings.waiting = 0;
    uint8_t byte = console_rings.from_host[taken % RING_BYTES];
    console_rings.from_host_taken = taken + 1;
    return byte;
}

void port_putc(uint8_t byte)
{
    uint32_t put = console_rings.to_host_put;
    while (put - console_rings.to_host_taken == RING_BYTES) {
    }
    console_rings.to_host[put % RING_BYTES] = byte;
    console_rings.to_host_put = put + 1;
}

uint32_t port_cycles(void)
{
    uint32_t cycles;
    __asm volatile("rsr %0, ccount" : "=a"(cycles));
    return cycles;
}
