/* CRC-32 as in ISO/IEC/IEEE 8802-3 (Ethernet), bit by bit: short answers need no table. */
#ifndef CRC_H
#define CRC_H

#include <stdint.h>

#define CRC_START 0xFFFFFFFFu

/* Takes one more byte into account; the checksum of all bytes is the complement of the last value. */
static inline uint32_t crc_step(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1u));
    return crc;
}

#endif
