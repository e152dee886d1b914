/* The two slots: which one runs, what the other holds, and what is written to it. */
#include "slots.h"

#include "board.h"
#include "bootloader/flash.h"
#include "bootloader/handoff.h"

static struct {
    uint32_t bytes, offset, erased_to;
    uint8_t hash[32];
    bool has_hash;
} upload;

static bool equal(const uint8_t *a, const uint8_t *b)
{
    int bytes = 32;
    while (bytes && *a == *b)
        a++, b++, bytes--;
    return !bytes;
}

int active_slot(void)
{
    return HANDOFF->slot & 1;
}

enum fault upload_begin(uint32_t bytes, const uint8_t *hash, const uint8_t *data, uint32_t size)
{
    if (hash && upload.has_hash && upload.bytes == bytes && equal(hash, upload.hash))
        return FAULT_NONE; /* a broken link: the answer tells where to go on */
    uint32_t origin = slot_address(!active_slot()), end = origin + BOARD_SLOT_BYTES;
    if (slot_trial(active_slot()) != CONFIRMED)
        return FAULT_DENIED; /* the other slot is what to go back to */
    if (bytes < IMAGE_HEADER_BYTES || size < 8)
        return FAULT_HEADER;
    if (bytes > BOARD_SLOT_BYTES - IMAGE_TRAILER_BYTES)
        return FAULT_TOO_LARGE;
    if (flash_word(data) != 0x96f3b83du)
        return FAULT_MAGIC;
    if (flash_word(data + 4) != origin)
        return FAULT_ADDRESS;
    upload.bytes = 0;
    /* The trailer first: what is said of the image that goes must not be said of the one that comes. */
    if (!flash_erase(end - 1))
        return FAULT_ERASE;
    upload.bytes = bytes;
    upload.offset = 0;
    upload.erased_to = origin;
    upload.has_hash = hash != 0;
    for (int i = 0; hash && i < 32; i++)
        upload.hash[i] = hash[i];
    return FAULT_NONE;
}

static bool erase_up_to(uint32_t address)
{
    uint32_t end = slot_address(!active_slot()) + BOARD_SLOT_BYTES;
    while (upload.erased_to < address) {
        uint32_t next = flash_page_end(upload.erased_to);
        if (next < end && !flash_erase(upload.erased_to)) /* the last page was the first */
            return false;
        upload.erased_to = next;
    }
    return true;
}

enum fault upload_take(uint32_t *offset, const uint8_t *data, uint32_t size)
{
    uint32_t wanted = *offset;
    *offset = upload.offset;
    if (!upload.bytes || wanted != upload.offset)
        return FAULT_NONE;
    if (size > upload.bytes - upload.offset)
        return FAULT_OVERRUN;
    bool last = size == upload.bytes - upload.offset;
    uint32_t whole = size & ~(FLASH_UNIT_BYTES - 1u), to = slot_address(!active_slot()) + upload.offset;
    if (!erase_up_to(to + size))
        return FAULT_ERASE;
    if (!flash_program(to, data, whole))
        return FAULT_WRITE;
    if (last && whole < size) {
        uint8_t unit[FLASH_UNIT_BYTES];
        for (uint32_t i = 0; i < FLASH_UNIT_BYTES; i++)
            unit[i] = whole + i < size ? data[whole + i] : 0xFF;
        if (!flash_program(to + whole, unit, sizeof unit))
            return FAULT_WRITE;
    }
    upload.offset += last ? size : whole; /* the rest comes again, at the next unit's beginning */
    *offset = upload.offset;
    return FAULT_NONE;
}

bool upload_done(bool *match)
{
    if (!upload.bytes || upload.offset < upload.bytes)
        return false;
    struct sha256 state;
    uint8_t digest[32];
    sha256_start(&state);
    sha256_take(&state, (const uint8_t *)(uintptr_t)slot_address(!active_slot()), upload.bytes);
    sha256_end(&state, digest);
    *match = !upload.has_hash || equal(digest, upload.hash);
    upload.bytes = 0;
    upload.has_hash = false;
    return true;
}

/* The image that `hash` names; -1 if there is none. */
static int named(const uint8_t *hash)
{
    struct image image;
    for (int slot = 0; hash && slot < SLOTS; slot++) {
        enum refusal refusal = image_read(slot, &image);
        if ((refusal == ACCEPTED || refusal == OLD_COUNTER) && equal(hash, image.hash))
            return slot;
    }
    return hash ? -1 : active_slot();
}

enum fault image_try(const uint8_t *hash)
{
    struct image image;
    int slot = named(hash), active = active_slot();
    if (slot < 0)
        return FAULT_NO_IMAGE;
    if (slot == active)
        return FAULT_DENIED;
    if (image_read(slot, &image) != ACCEPTED || !image_is_whole(slot, &image))
        return FAULT_HASH;
    switch (slot_trial(slot)) {
    case NOT_MARKED:
        return slot_mark_pending(slot) ? FAULT_NONE : FAULT_WRITE;
    case PENDING:
        return FAULT_NONE;
    case CONFIRMED: /* it was good before: the running image gives way */
        return slot_revoke(active) ? FAULT_NONE : FAULT_WRITE;
    default:
        return FAULT_PENDING; /* it had its trial: only another upload gives another */
    }
}

enum fault image_confirm(const uint8_t *hash)
{
    int slot = named(hash);
    if (slot != active_slot())
        return slot < 0 ? FAULT_NO_IMAGE : FAULT_DENIED;
    if (slot_trial(slot) == CONFIRMED)
        return FAULT_NONE;
    return slot_trial(slot) == TRIED && slot_confirm(slot) ? FAULT_NONE : FAULT_WRITE;
}

enum fault other_erase(void)
{
    uint32_t origin = slot_address(!active_slot()), end = origin + BOARD_SLOT_BYTES;
    if (slot_trial(active_slot()) != CONFIRMED)
        return FAULT_DENIED;
    upload.bytes = 0;
    if (!flash_erase(end - 1))
        return FAULT_ERASE;
    for (uint32_t page = origin; flash_page_end(page) < end; page = flash_page_end(page))
        if (!flash_erase(page))
            return FAULT_ERASE;
    return FAULT_NONE;
}
