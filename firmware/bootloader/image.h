/* Images in the two slots: MCUboot's format (header, records, trailer), as imgtool writes it.
 *
 * A slot holds header, contents, records (type, length, value), and at its end the trailer: what is to be done with the
 * image and what was done. Flash is read in place. Nothing here checks a signature: only the bootloader does. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sha256.h"

#define SLOTS 2
#define IMAGE_HEADER_BYTES 512u /* a vector table of up to 128 entries is aligned to its size */
#define IMAGE_TRAILER_BYTES 1024u

/* Why an image is not started; the host knows these names in this order. */
enum refusal {
    ACCEPTED,
    NO_IMAGE,
    WRONG_FORM,
    WRONG_SLOT,
    WRONG_SIZE,
    WRONG_RECORDS,
    WRONG_BOARD,
    OLD_COUNTER,
    WRONG_HASH,
    UNKNOWN_KEY,
    WRONG_SIGNATURE,
};

/* What the header and the records say; pointers lead into flash. */
struct image {
    uint8_t major, minor;
    uint16_t revision;
    uint32_t build;
    uint32_t counter;
    const uint8_t *model;                       /* 8 bytes: what the hash of its .tflite starts with */
    const uint8_t *hash, *key_hash, *signature; /* 32, 32, 64 bytes */
    uint32_t hashed_bytes, bytes;
};

enum trial { NOT_MARKED, PENDING, TRIED, CONFIRMED };

uint32_t slot_address(int slot);

/* Reads what is in a slot, and refuses what is not an image for this place on this board. Contents are not looked at. */
enum refusal image_read(int slot, struct image *image);

/* True if header, contents and protected records have the hash that the image says. */
bool image_is_whole(int slot, const struct image *image);

enum trial slot_trial(int slot);

/* Confirmed images are ordered by when that happened: the higher number is the later. */
uint32_t slot_order(int slot);

/* Each is one step that a power cut leaves done or not done. False if the chip reports an error. */
bool slot_mark_pending(int slot);
bool slot_mark_tried(int slot);
bool slot_confirm(int slot);
bool slot_revoke(int slot);

/* The lowest security counter that may start; it only rises. */
uint32_t security_counter(void);
bool raise_security_counter(uint32_t counter);

#endif
