/* ESP32-C3: start of the image, watchdogs, clock, console UART and cycle counter. From the technical reference manual
 * (TRM), whose chapters are cited; not yet run on silicon. */
#include "port.h"

#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* Direct boot (github.com/espressif/esp32c3-direct-boot-example): the boot ROM maps flash to 0x42000000 and 0x3C000000
 * and jumps behind these two words, which must be the first in flash. From chip revision 3 on. */
__asm__(".pushsection .vectors, \"ax\"\n"
        ".word 0xaedb041d, 0xaedb041d\n"
        "j Reset_Handler\n"
        ".popsection\n");

/* TRM, low-power management: RTC_CNTL. The boot ROM leaves these watchdogs on. */
#define RTC_CNTL_OPTIONS0 REGISTER(0x60008000u)
#define RTC_CNTL_OPTIONS0_PLL_FORCE_OFF (1u << 6 | 1u << 8 | 1u << 10) /* PLL and the bus that configures it */
#define RTC_CNTL_WDTCONFIG0 REGISTER(0x60008090u)
#define RTC_CNTL_WDTWPROTECT REGISTER(0x600080A8u)
#define RTC_CNTL_SWD_CONF REGISTER(0x600080ACu)
#define RTC_CNTL_SWD_CONF_AUTO_FEED (1u << 31)
#define RTC_CNTL_SWD_WPROTECT REGISTER(0x600080B0u)
#define SWD_KEY 0x8F1D312Au

/* TRM, timer group: TIMG0 */
#define TIMG0_WDTCONFIG0 REGISTER(0x6001F048u)
#define TIMG0_WDTCONFIG0_UPDATE (1u << 22) /* CONF_UPDATE_EN: without it nothing that is written takes effect */
#define TIMG0_WDTWPROTECT REGISTER(0x6001F064u)
#define WDT_KEY 0x50D83AA1u

/* TRM, system registers: SYSTEM */
#define SYSTEM_CPU_PER_CONF REGISTER(0x600C0008u)
#define SYSTEM_CPU_PER_CONF_160MHZ 1u         /* CPUPERIOD_SEL, from a PLL of 480 MHz */
#define SYSTEM_CPU_PER_CONF_PLL_480 (1u << 2) /* PLL_FREQ_SEL */
#define SYSTEM_CPU_PER_CONF_MASK 7u
#define SYSTEM_PERIP_CLK_EN0 REGISTER(0x600C0010u)
#define SYSTEM_PERIP_RST_EN0 REGISTER(0x600C0018u)
#define SYSTEM_UART_MEM (1u << 24)
#define SYSTEM_SYSCLK_CONF REGISTER(0x600C0058u)
#define SYSTEM_SYSCLK_CONF_PLL (1u << 10) /* SOC_CLK_SEL; PRE_DIV_CNT 0 */
#define SYSTEM_SYSCLK_CONF_MASK (3u << 10 | 0x3FFu)

/* TRM, IO MUX: a pin's own UART is function 0. */
#define IO_MUX_GPIO(pin) REGISTER(0x60009004u + 4u * (pin))
#define IO_MUX_INPUT (1u << 9)
#define IO_MUX_PULL_UP (1u << 8)
#define IO_MUX_DRIVE_20MA (2u << 10)

/* TRM, UART controller; its base, and its bit in SYSTEM_PERIP_* */
struct uart {
    uint32_t base, peripheral_bit;
};
#define UART0 {0x60000000u, 2u}
#define UART1 {0x60010000u, 5u}
static const struct uart console = BOARD_CONSOLE;
#define UART_FIFO REGISTER(console.base + 0x00u)
#define UART_CLKDIV REGISTER(console.base + 0x14u)
#define UART_STATUS REGISTER(console.base + 0x1Cu)
#define UART_STATUS_RXFIFO_CNT(status) ((status) & 0x3FFu)
#define UART_STATUS_TXFIFO_CNT(status) ((status) >> 16 & 0x3FFu)
#define UART_FIFO_BYTES 128u
#define UART_CONF0 REGISTER(console.base + 0x20u)
#define UART_CONF0_8N1 (1u << 28 | 1u << 4 | 3u << 2) /* memory clock, one stop bit, eight bits */
#define UART_CLK_CONF REGISTER(console.base + 0x78u)
#define UART_CLK_CONF_ON_CRYSTAL (1u << 25 | 1u << 24 | 1u << 22 | 3u << 20) /* undivided */

/* TRM, ESP-RISC-V CPU, performance counter: this core has no mcycle, reading that traps. */
#define MPCER "0x7e0" /* what to count */
#define MPCER_CYCLES 1u
#define MPCMR "0x7e1" /* mode */
#define MPCMR_COUNT 1u
#define MPCCR "0x7e2" /* count */

_Static_assert(BOARD_CLOCK_HZ == 160000000u, "the ESP32-C3's full speed is 160 MHz");

static void stop_watchdogs(void)
{
    RTC_CNTL_WDTWPROTECT = WDT_KEY;
    RTC_CNTL_WDTCONFIG0 = 0;
    RTC_CNTL_WDTWPROTECT = 0;
    RTC_CNTL_SWD_WPROTECT = SWD_KEY;
    RTC_CNTL_SWD_CONF |= RTC_CNTL_SWD_CONF_AUTO_FEED;
    RTC_CNTL_SWD_WPROTECT = 0;
    TIMG0_WDTWPROTECT = WDT_KEY;
    TIMG0_WDTCONFIG0 = TIMG0_WDTCONFIG0_UPDATE;
    TIMG0_WDTWPROTECT = 0;
}

/* TRM, reset and clock. The PLL runs at 480 MHz after reset (the USB serial port needs it); its analog settings stay. */
static void start_clock(void)
{
    RTC_CNTL_OPTIONS0 &= ~RTC_CNTL_OPTIONS0_PLL_FORCE_OFF;
    SYSTEM_CPU_PER_CONF =
        (SYSTEM_CPU_PER_CONF & ~SYSTEM_CPU_PER_CONF_MASK) | SYSTEM_CPU_PER_CONF_PLL_480 | SYSTEM_CPU_PER_CONF_160MHZ;
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~SYSTEM_SYSCLK_CONF_MASK) | SYSTEM_SYSCLK_CONF_PLL;
}

static void start_console(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_UART_MEM | 1u << console.peripheral_bit;
    SYSTEM_PERIP_RST_EN0 &= ~(SYSTEM_UART_MEM | 1u << console.peripheral_bit);
    IO_MUX_GPIO(BOARD_TX_PIN) = IO_MUX_DRIVE_20MA;
    IO_MUX_GPIO(BOARD_RX_PIN) = IO_MUX_INPUT | IO_MUX_PULL_UP;
    UART_CLK_CONF = UART_CLK_CONF_ON_CRYSTAL;
    uint32_t sixteenths = (BOARD_XTAL_HZ * 16u + BOARD_BAUD / 2u) / BOARD_BAUD;
    UART_CLKDIV = sixteenths >> 4 | (sixteenths & 15u) << 20;
    UART_CONF0 = UART_CONF0_8N1;
}

static void start_cycle_counter(void)
{
    __asm volatile("csrw " MPCER ", %0" : : "r"(MPCER_CYCLES));
    __asm volatile("csrw " MPCMR ", %0" : : "r"(MPCMR_COUNT));
}

void port_init(void)
{
    stop_watchdogs();
    start_clock();
    start_console();
    start_cycle_counter();
}

uint8_t port_getc(void)
{
    while (!UART_STATUS_RXFIFO_CNT(UART_STATUS)) {
    }
    return (uint8_t)UART_FIFO;
}

void port_putc(uint8_t byte)
{
    while (UART_STATUS_TXFIFO_CNT(UART_STATUS) >= UART_FIFO_BYTES - 1u) {
    }
    UART_FIFO = byte;
}

uint32_t port_cycles(void)
{
    uint32_t cycles;
    __asm volatile("csrr %0, " MPCCR : "=r"(cycles));
    return cycles;
}
