/* The second boot stage: the first 256 bytes of flash, which the boot ROM checks, copies to RAM and calls.
 *
 * It sets the SSI up for executing in place with the flash's fast quad reads and starts the image behind it. All of it
 * must lie in this section and work at another address than it is linked for: one function, nothing called, no data.
 * Sections are those of the RP2040 datasheet; commands are the W25Q16JV's. Not yet run on silicon. */
#include <stdint.h>

#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Section 2.19.6.4: PADS_QSPI; and 2.19.6.3: the fields of a pad */
#define PADS_QSPI_SCLK REGISTER(0x40020004u)
#define PADS_QSPI_SD(line) REGISTER(0x40020008u + 4u * (line))
#define PAD_SLEWFAST (1u << 0)
#define PAD_SCHMITT (1u << 1)
#define PAD_DRIVE_8MA (2u << 4)

/* Section 4.10.13: SSI */
#define SSI_CTRLR0 REGISTER(0x18000000u)
#define SSI_CTRLR0_QUAD (2u << 21)
#define SSI_CTRLR0_FRAME_BITS(bits) (((bits)-1u) << 16)
#define SSI_CTRLR0_EEPROM_READ (3u << 8) /* send command and address, then only receive */
#define SSI_CTRLR1 REGISTER(0x18000004u)
#define SSI_SSIENR REGISTER(0x18000008u)
#define SSI_SER REGISTER(0x18000010u)
#define SSI_BAUDR REGISTER(0x18000014u)
#define SSI_SR REGISTER(0x18000028u)
#define SSI_SR_BUSY (1u << 0)
#define SSI_SR_TRANSMITTER_EMPTY (1u << 2)
#define SSI_DR0 REGISTER(0x18000060u)
#define SSI_RX_SAMPLE_DLY REGISTER(0x180000F0u)
#define SSI_SPI_CTRLR0 REGISTER(0x180000F4u)
#define SSI_SPI_CTRLR0_COMMAND(byte) ((uint32_t)(byte) << 24)
#define SSI_SPI_CTRLR0_WAIT_CYCLES(cycles) ((cycles) << 11)
#define SSI_SPI_CTRLR0_COMMAND_8_BITS (2u << 8)
#define SSI_SPI_CTRLR0_ADDRESS_BITS(bits) ((bits) / 4u << 2)
#define SSI_SPI_CTRLR0_ADDRESS_QUAD 1u         /* the command on one line, the address on four */
#define SSI_SPI_CTRLR0_COMMAND_ADDRESS_QUAD 2u /* both on four */

/* W25Q16JV datasheet section 8.1.2: commands; 7.1: status; 8.2.11 (fast read quad I/O): mode bits and dummy clocks */
#define FLASH_WRITE_ENABLE 0x06u
#define FLASH_READ_STATUS_1 0x05u
#define FLASH_STATUS_1_BUSY (1u << 0)
#define FLASH_READ_STATUS_2 0x35u
#define FLASH_WRITE_STATUS_2 0x31u
#define FLASH_STATUS_2_QUAD_ENABLE (1u << 1)
#define FLASH_QUAD_READ 0xEBu
#define FLASH_KEEP_READING 0xA0u /* mode bits: the next read comes without a command */
#define FLASH_ADDRESS_AND_MODE_BITS 32u
#define FLASH_DUMMY_CLOCKS 4u

_Static_assert(BOARD_FLASH_CLOCK_DIVIDER >= 2u && BOARD_FLASH_CLOCK_DIVIDER % 2u == 0, "SSI divider: even");

struct start {
    uint32_t stack_top, reset;
};
extern const struct start vectors; /* the image's vector table */

ALWAYS_INLINE void wait_idle(void)
{
    while ((SSI_SR & (SSI_SR_TRANSMITTER_EMPTY | SSI_SR_BUSY)) != SSI_SR_TRANSMITTER_EMPTY) {
    }
}

/* Sends a command and one byte; returns what came with the byte. The flash is selected as long as there is something to
 * send: the two must follow each other without a pause. */
ALWAYS_INLINE uint32_t exchange(uint32_t command, uint32_t byte)
{
    SSI_DR0 = command;
    SSI_DR0 = byte;
    wait_idle();
    (void)SSI_DR0;
    return SSI_DR0;
}

/* Four data lines need a bit that the flash remembers: written once in its life. */
ALWAYS_INLINE void enable_quad(void)
{
    SSI_SSIENR = 0;
    SSI_CTRLR0 = SSI_CTRLR0_FRAME_BITS(8u);
    SSI_BAUDR = BOARD_FLASH_CLOCK_DIVIDER;
    SSI_RX_SAMPLE_DLY = 1; /* at half the system clock data arrive a cycle late */
    SSI_SER = 1;
    SSI_SSIENR = 1;
    if (!(exchange(FLASH_READ_STATUS_2, 0) & FLASH_STATUS_2_QUAD_ENABLE)) {
        SSI_DR0 = FLASH_WRITE_ENABLE;
        wait_idle();
        (void)SSI_DR0;
        (void)exchange(FLASH_WRITE_STATUS_2, FLASH_STATUS_2_QUAD_ENABLE);
        while (exchange(FLASH_READ_STATUS_1, 0) & FLASH_STATUS_1_BUSY) {
        }
    }
    SSI_SSIENR = 0;
}

/* One read with the command tells the flash to keep reading; from then on an access is address, mode bits, data. */
ALWAYS_INLINE void execute_in_place(void)
{
    const uint32_t shape =
        SSI_SPI_CTRLR0_ADDRESS_BITS(FLASH_ADDRESS_AND_MODE_BITS) | SSI_SPI_CTRLR0_WAIT_CYCLES(FLASH_DUMMY_CLOCKS);
    SSI_CTRLR0 = SSI_CTRLR0_QUAD | SSI_CTRLR0_FRAME_BITS(32u) | SSI_CTRLR0_EEPROM_READ;
    SSI_CTRLR1 = 0; /* one frame a read */
    SSI_SPI_CTRLR0 = shape | SSI_SPI_CTRLR0_COMMAND_8_BITS | SSI_SPI_CTRLR0_ADDRESS_QUAD;
    SSI_SSIENR = 1;
    SSI_DR0 = FLASH_QUAD_READ;
    SSI_DR0 = FLASH_KEEP_READING; /* below 24 bits of address, all zero */
    wait_idle();
    SSI_SSIENR = 0;
    SSI_SPI_CTRLR0 =
        shape | SSI_SPI_CTRLR0_COMMAND(FLASH_KEEP_READING) | SSI_SPI_CTRLR0_COMMAND_ADDRESS_QUAD;
    SSI_SSIENR = 1;
}

void boot2(void);
__attribute__((section(".boot2"), used)) void boot2(void)
{
    PADS_QSPI_SCLK = PAD_DRIVE_8MA | PAD_SLEWFAST;
    for (uint32_t line = 0; line < 4u; line++)
        PADS_QSPI_SD(line) &= ~PAD_SCHMITT; /* saves a nanosecond */
    enable_quad();
    execute_in_place();
    __asm volatile("msr msp, %0\n\tbx %1" : : "r"(vectors.stack_top), "r"(vectors.reset));
    __builtin_unreachable();
}
