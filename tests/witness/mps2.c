/* The MPS2 machines of QEMU, as far as a witness needs them. DDI 0479D (CMSDK), chapter 4: UART; DDI 0403E B3.3: SysTick. */
#include "port.h"

#define UART_DATA (*(volatile uint32_t *)0x40004000u)
#define UART_STATE (*(volatile uint32_t *)0x40004004u)
#define UART_STATE_FULL (1u << 0)
#define UART_CTRL (*(volatile uint32_t *)0x40004008u)
#define UART_BAUDDIV (*(volatile uint32_t *)0x40004010u)
#define SYSTICK_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_CVR (*(volatile uint32_t *)0xE000E018u)

void port_init(void)
{
    UART_BAUDDIV = 16;
    UART_CTRL = 1;
    SYSTICK_RVR = 0xFFFFFFu;
    SYSTICK_CVR = 0;
    SYSTICK_CSR = 5;
}

void port_putc(uint8_t byte)
{
    while (UART_STATE & UART_STATE_FULL) {
    }
    UART_DATA = byte;
}

/* Counts up, modulo 2^24. */
uint32_t port_cycles(void)
{
    return 0xFFFFFFu - SYSTICK_CVR;
}
