/* LIS3DSH accelerometer of the STM32F4DISCOVERY (UM1472 table 6: SPI1 on PA5, PA6, PA7, chip select PE3). From the
 * manuals; not yet run on silicon. Early boards carry a LIS302DL instead, which does not answer as this one. */
#include "sensor.h"

#include "../../chips/stm32/gpio.h"
#include "board.h"

/* RM0090 sections 7.3.10 and 7.3.14: clocks of the ports A and E, and of SPI1 */
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_AHB1ENR_PORTS (1u << 0 | 1u << 4)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define RCC_APB2ENR_SPI1EN (1u << 12)
#define PORT_A 0x40020000u
#define PORT_E 0x40021000u
#define SPI1_AF 5u /* DS8626 table 9 */
#define SELECT_PIN 3u

/* RM0090 section 28.5: SPI. Mode 3, software slave management, master, an eighth of the bus: at most 10 MHz. */
#define SPI1_CR1 REGISTER(0x40013000u)
#define SPI_CR1_MODE3 3u
#define SPI_CR1_MASTER (1u << 2)
#define SPI_CR1_DIVIDE_16 (3u << 3)
#define SPI_CR1_ENABLE (1u << 6)
#define SPI_CR1_SOFTWARE_SELECT (3u << 8)
#define SPI1_SR REGISTER(0x40013008u)
#define SPI_SR_RXNE (1u << 0)
#define SPI_SR_TXE (1u << 1)
#define SPI_SR_BSY (1u << 7)
#define SPI1_DR REGISTER(0x4001300Cu)

/* LIS3DSH datasheet (Doc ID 022405) section 6.2: bit 7 of the first byte reads; section 7: registers */
#define READ 0x80u
#define WHO_AM_I 0x0Fu
#define WHO_AM_I_LIS3DSH 0x3Fu
#define CTRL_REG4 0x20u
#define CTRL_REG4_100_HZ_XYZ 0x6Fu /* ODR 0110, block data update, three axes */
#define STATUS 0x27u
#define STATUS_ZYXDA (1u << 3)
#define STATUS_ZYXOR (1u << 7)
#define OUT_X_L 0x28u /* the address rises by itself: CTRL_REG6, ADD_INC is set after reset */

const char sensor_name[] = "lis3dsh";
const char sensor_unit[] = "0.00006 g"; /* datasheet table 4, +-2 g */
const uint32_t sensor_rate_hz = 100;

static uint8_t exchange(uint8_t byte)
{
    while (!(SPI1_SR & SPI_SR_TXE)) {
    }
    SPI1_DR = byte;
    while (!(SPI1_SR & SPI_SR_RXNE)) {
    }
    return (uint8_t)SPI1_DR;
}

static void select_sensor(bool selected)
{
    while (SPI1_SR & SPI_SR_BSY) {
    }
    GPIO_BSRR(PORT_E) = 1u << (selected ? SELECT_PIN + 16 : SELECT_PIN);
}

static void transfer(uint8_t address, uint8_t *bytes, int count)
{
    select_sensor(true);
    exchange(address);
    for (int i = 0; i < count; i++)
        bytes[i] = exchange(bytes[i]);
    select_sensor(false);
}

static uint8_t read_register(uint8_t address)
{
    uint8_t value = 0;
    transfer(READ | address, &value, 1);
    return value;
}

bool sensor_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_PORTS;
    RCC_APB2ENR |= RCC_APB2ENR_SPI1EN;
    (void)RCC_APB2ENR; /* the clock arrives two cycles after the bit: ES0182 */
    GPIO_BSRR(PORT_E) = 1u << SELECT_PIN;
    set_field(&GPIO_MODER(PORT_E), 2 * SELECT_PIN, 2, 1);
    for (uint32_t pin = 5; pin <= 7; pin++)
        route_pin(PORT_A, pin, SPI1_AF);
    SPI1_CR1 = SPI_CR1_MODE3 | SPI_CR1_MASTER | SPI_CR1_DIVIDE_16 | SPI_CR1_SOFTWARE_SELECT | SPI_CR1_ENABLE;
    if (read_register(WHO_AM_I) != WHO_AM_I_LIS3DSH)
        return false;
    uint8_t rate = CTRL_REG4_100_HZ_XYZ;
    transfer(CTRL_REG4, &rate, 1);
    return true;
}

bool sensor_ready(bool *lost)
{
    uint8_t status = read_register(STATUS);
    *lost = status & STATUS_ZYXOR;
    return status & STATUS_ZYXDA;
}

void sensor_read(int16_t axes[SENSOR_AXES])
{
    uint8_t bytes[2 * SENSOR_AXES] = {0};
    transfer(READ | OUT_X_L, bytes, sizeof bytes);
    for (int i = 0; i < SENSOR_AXES; i++)
        axes[i] = (int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
}
