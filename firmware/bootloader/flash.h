/* The seam between what rewrites flash and a chip; implemented by the chip's flash.c. Both wait until the work is done. */
#ifndef FLASH_H
#define FLASH_H

#include <stdbool.h>
#include <stdint.h>

/* What is programmed at once, on any chip: addresses and sizes are multiples of it. */
#define FLASH_UNIT_BYTES 8u

/* Erases the page that `address` lies in. False if the chip reports an error. */
bool flash_erase(uint32_t address);

/* First address behind the page that `address` lies in. */
uint32_t flash_page_end(uint32_t address);

/* Programs erased flash; zeros may also be programmed over anything. False if the chip reports an error. */
bool flash_program(uint32_t address, const uint8_t *data, uint32_t bytes);

/* Four bytes, aligned or not, as the word that flash holds. */
static inline uint32_t flash_word(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

#endif
