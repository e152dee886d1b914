/* What the running image may do with the two slots: fill the other one, have it tried, confirm itself, go back. */
#ifndef SLOTS_H
#define SLOTS_H

#include "bootloader/image.h"

/* smp/image_management.py and Zephyr's SMP specification: codes of the image group that are used here */
enum fault {
    FAULT_NONE = 0,
    FAULT_OTHER = 1,
    FAULT_NO_IMAGE = 3,
    FAULT_WRITE = 12,
    FAULT_ERASE = 13,
    FAULT_NO_LENGTH = 21,
    FAULT_HEADER = 22,
    FAULT_MAGIC = 23,
    FAULT_HASH = 24,
    FAULT_ADDRESS = 25,
    FAULT_PENDING = 28,
    FAULT_TOO_LARGE = 30,
    FAULT_OVERRUN = 31,
    FAULT_DENIED = 32,
};

int active_slot(void);

/* Begins an upload of so many bytes, or goes on with the one of this hash (32 bytes, or NULL). */
enum fault upload_begin(uint32_t bytes, const uint8_t *hash, const uint8_t *data, uint32_t size);

/* Takes what lies at `offset` and is new; `*offset` is then where to go on. */
enum fault upload_take(uint32_t *offset, const uint8_t *data, uint32_t size);

/* True if all has come; `*match` says whether it has the announced hash. */
bool upload_done(bool *match);

/* `hash` names an image; NULL is the running one. */
enum fault image_try(const uint8_t *hash);
enum fault image_confirm(const uint8_t *hash);
enum fault other_erase(void);

#endif
