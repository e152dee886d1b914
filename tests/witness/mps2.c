/* The MPS2 machines of QEMU, as far as a witness needs them. DDI 0479D (CMSDK), chapter 4: UART; DDI 0403E B3.3: SysTick. */
#include "board.h"
#include "machine.h"
#include "port.h"

#define UART_DATA (*(volatile uint32_t *)(BOARD_WITNESS_UART + 0x00u))
#define UART_STATE (*(volatile uint32_t *)(BOARD_WITNESS_UART + 0x04u))
#define UART_STATE_FULL (1u << 0)
#define UART_CTRL (*(volatile uint32_t *)(BOARD_WITNESS_UART + 0x08u))
#define UART_BAUDDIV (*(volatile uint32_t *)(BOARD_WITNESS_UART + 0x10u))
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

void leave(void)
{
    register uint32_t reason __asm("r1") = 0x20026; /* semihosting: SYS_EXIT, ADP_Stopped_ApplicationExit */
    register uint32_t operation __asm("r0") = 0x18;
    __asm volatile("bkpt #0xab" : : "r"(operation), "r"(reason));
}
