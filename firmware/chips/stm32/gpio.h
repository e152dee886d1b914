/* GPIO ports of the STM32 families, all but the F1. */
#ifndef GPIO_H
#define GPIO_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* RM0090, and the same in the manuals of the other families; `port` is the address of the port. */
#define GPIO_MODER(port) REGISTER((port) + 0x00u)
#define GPIO_PUPDR(port) REGISTER((port) + 0x0Cu)
#define GPIO_BSRR(port) REGISTER((port) + 0x18u)
#define GPIO_AFR(port, pin) REGISTER((port) + 0x20u + 4u * ((pin) / 8u))

static inline void set_field(volatile uint32_t *word, uint32_t shift, uint32_t bits, uint32_t value)
{
    *word = (*word & ~(((1u << bits) - 1u) << shift)) | value << shift;
}

/* Gives a pin to a peripheral, with its pull-up: an open receive line reads idle. */
static inline void route_pin(uint32_t port, uint32_t pin, uint32_t function)
{
    set_field(&GPIO_AFR(port, pin), 4u * (pin % 8u), 4, function);
    set_field(&GPIO_PUPDR(port), 2u * pin, 2, 1);
    set_field(&GPIO_MODER(port), 2u * pin, 2, 2);
}

#endif
