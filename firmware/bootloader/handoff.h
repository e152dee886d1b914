/* What the bootloader leaves to the image, in the last bytes of the first RAM, which both keep free. It survives resets. */
#ifndef HANDOFF_H
#define HANDOFF_H

#include <stdint.h>

#include "board.h"

#define HANDOFF_MAGIC 0x424F4F54u
#define HANDOFF ((struct handoff *)(uintptr_t)BOARD_HANDOFF)

/* Causes of a reset, counted since power came; the image counts those it asks for as its own. */
enum reset { RESET_POWER, RESET_PIN, RESET_SOFTWARE, RESET_WATCHDOG, RESET_KINDS };

struct handoff {
    uint32_t magic;
    uint8_t slot;        /* that was started */
    uint8_t refusals[2]; /* enum refusal of each slot that was looked at, NOT_LOOKED_AT of others */
    uint8_t cause;       /* enum reset */
    uint32_t resets[RESET_KINDS];
};
#define NOT_LOOKED_AT 0xFFu

/* The chip's: why it was reset; the record is cleared for the next time. */
enum reset reset_cause(void);

#endif
