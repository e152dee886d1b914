/* Reads images in MCUboot's format, and says why one may not start. */
#include "image.h"

#include "board.h"
#include "flash.h"

/* mcu-tools/mcuboot, docs/design.md: image header, records and trailer */
#define HEADER_MAGIC 0x96f3b83du
#define FLAG_MADE_FOR_ADDRESS 0x100u
#define PROTECTED_MAGIC 0x6908u
#define RECORDS_MAGIC 0x6907u
enum { KEY_HASH = 0x01, HASH = 0x10, SIGNATURE = 0x24, COUNTER = 0x50, BOARD = 0xA0, MODEL = 0xA1 };

struct header {
    uint32_t magic, address;
    uint16_t header_bytes, protected_bytes;
    uint32_t content_bytes, flags;
    uint8_t major, minor;
    uint16_t revision;
    uint32_t build, padding;
};

/* The trailer from its end: 16 bytes of magic, then fields of 8 bytes whose first one counts. */
static const uint8_t magic[16] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                  0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};
enum { MAGIC_AT = 16, CONFIRMED_AT = 24, TRIED_AT = 32, ORDER_AT = 48 };
#define FIELD_SET 1u
#define FIELD_ERASED 0xFFu

uint32_t slot_address(int slot)
{
    return slot ? BOARD_SLOT_1 : BOARD_SLOT_0;
}

static const uint8_t *at(uint32_t address)
{
    return (const uint8_t *)(uintptr_t)address;
}

static bool equal(const uint8_t *a, const uint8_t *b, uint32_t bytes)
{
    for (; bytes; bytes--)
        if (*a++ != *b++)
            return false;
    return true;
}

/* Returns the value of a record of this type and size, or NULL unless there is exactly one. */
static const uint8_t *record(const uint8_t *first, const uint8_t *end, uint32_t type, uint32_t bytes)
{
    const uint8_t *found = 0;
    for (const uint8_t *next = first; end - next >= 4;) {
        uint32_t own_type = flash_word(next) & 0xFFFFu, own_bytes = flash_word(next) >> 16;
        next += 4;
        if (own_bytes > (uint32_t)(end - next))
            return 0;
        if (own_type == type) {
            if (found || own_bytes != bytes)
                return 0;
            found = next;
        }
        next += own_bytes;
    }
    return found;
}

static enum refusal read_records(const uint8_t *protected, const uint8_t *records, const uint8_t *end,
                                 struct image *image)
{
    static const char board[] = BOARD_NAME;
    const uint8_t *counter = record(protected + 4, records, COUNTER, 4);
    image->model = record(protected + 4, records, MODEL, 8);
    image->hash = record(records + 4, end, HASH, 32);
    image->key_hash = record(records + 4, end, KEY_HASH, 32);
    image->signature = record(records + 4, end, SIGNATURE, 64);
    if (!counter || !image->model || !image->hash || !image->key_hash || !image->signature)
        return WRONG_RECORDS;
    image->counter = flash_word(counter);
    const uint8_t *named = record(protected + 4, records, BOARD, sizeof board - 1);
    if (!named || !equal(named, (const uint8_t *)board, sizeof board - 1))
        return WRONG_BOARD;
    return image->counter < security_counter() ? OLD_COUNTER : ACCEPTED;
}

enum refusal image_read(int slot, struct image *image)
{
    const uint8_t *start = at(slot_address(slot));
    const struct header *header = (const struct header *)(const void *)start;
    if (header->magic != HEADER_MAGIC)
        return NO_IMAGE;
    if (header->header_bytes != IMAGE_HEADER_BYTES || header->flags != FLAG_MADE_FOR_ADDRESS)
        return WRONG_FORM;
    if (header->address != slot_address(slot))
        return WRONG_SLOT;
    uint32_t room = BOARD_SLOT_BYTES - IMAGE_TRAILER_BYTES - IMAGE_HEADER_BYTES - header->protected_bytes - 4u;
    if (header->protected_bytes < 4 || header->protected_bytes > IMAGE_TRAILER_BYTES ||
        header->content_bytes < 8 || header->content_bytes > room)
        return WRONG_SIZE;
    const uint8_t *protected = start + IMAGE_HEADER_BYTES + header->content_bytes;
    const uint8_t *records = protected + header->protected_bytes;
    if (flash_word(protected) != (PROTECTED_MAGIC | (uint32_t)header->protected_bytes << 16) ||
        (flash_word(records) & 0xFFFFu) != RECORDS_MAGIC)
        return WRONG_RECORDS;
    uint32_t records_bytes = flash_word(records) >> 16;
    if (records_bytes < 4 || records_bytes > room + 4u - header->content_bytes)
        return WRONG_SIZE;
    image->major = header->major;
    image->minor = header->minor;
    image->revision = header->revision;
    image->build = header->build;
    image->hashed_bytes = (uint32_t)(records - start);
    image->bytes = image->hashed_bytes + records_bytes;
    return read_records(protected, records, records + records_bytes, image);
}

bool image_is_whole(int slot, const struct image *image)
{
    struct sha256 state;
    uint8_t digest[32];
    sha256_start(&state);
    sha256_take(&state, at(slot_address(slot)), image->hashed_bytes);
    sha256_end(&state, digest);
    return equal(digest, image->hash, sizeof digest);
}

static uint32_t field(int slot, uint32_t from_end)
{
    return slot_address(slot) + BOARD_SLOT_BYTES - from_end;
}

enum trial slot_trial(int slot)
{
    if (!equal(at(field(slot, MAGIC_AT)), magic, sizeof magic))
        return NOT_MARKED;
    if (*at(field(slot, CONFIRMED_AT)) == FIELD_SET)
        return CONFIRMED;
    /* A field that a power cut left half written counts as written: a trial is never repeated. */
    bool untouched = *at(field(slot, TRIED_AT)) == FIELD_ERASED && *at(field(slot, CONFIRMED_AT)) == FIELD_ERASED;
    return untouched ? PENDING : TRIED;
}

uint32_t slot_order(int slot)
{
    uint32_t order = flash_word(at(field(slot, ORDER_AT)));
    return order + 1; /* erased, as imgtool leaves it: the lowest */
}

static bool write_field(int slot, uint32_t from_end, uint32_t value)
{
    uint8_t unit[FLASH_UNIT_BYTES] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                                      (uint8_t)(value >> 24), 0xFF, 0xFF, 0xFF, 0xFF};
    return flash_program(field(slot, from_end), unit, sizeof unit);
}

bool slot_mark_pending(int slot)
{
    return flash_program(field(slot, MAGIC_AT), magic, sizeof magic);
}

bool slot_mark_tried(int slot)
{
    return write_field(slot, TRIED_AT, 0xFFFFFF00u | FIELD_SET);
}

bool slot_confirm(int slot)
{
    uint32_t order = slot_trial(!slot) == CONFIRMED ? slot_order(!slot) : 0;
    if (slot_order(slot) != order + 1 && !write_field(slot, ORDER_AT, order))
        return false;
    return slot_order(slot) == order + 1 && write_field(slot, CONFIRMED_AT, 0xFFFFFF00u | FIELD_SET);
}

bool slot_revoke(int slot)
{
    static const uint8_t zeros[FLASH_UNIT_BYTES];
    return flash_program(field(slot, CONFIRMED_AT), zeros, sizeof zeros);
}

/* A page of its own, with a unit for each rise: the counter and its complement. A unit that was not finished is none. */
uint32_t security_counter(void)
{
    uint32_t highest = 0;
    for (uint32_t unit = 0; unit < BOARD_COUNTER_BYTES; unit += FLASH_UNIT_BYTES) {
        uint32_t value = flash_word(at(BOARD_COUNTER + unit));
        if (value == ~flash_word(at(BOARD_COUNTER + unit + 4)) && value > highest)
            highest = value;
    }
    return highest;
}

bool raise_security_counter(uint32_t counter)
{
    const uint8_t unit[FLASH_UNIT_BYTES] = {
        (uint8_t)counter,  (uint8_t)(counter >> 8),  (uint8_t)(counter >> 16),  (uint8_t)(counter >> 24),
        (uint8_t)~counter, (uint8_t)(~counter >> 8), (uint8_t)(~counter >> 16), (uint8_t)(~counter >> 24)};
    uint32_t next = BOARD_COUNTER_BYTES; /* the first unit with erased ones behind it only */
    while (next && flash_word(at(BOARD_COUNTER + next - 8)) == UINT32_MAX &&
           flash_word(at(BOARD_COUNTER + next - 4)) == UINT32_MAX)
        next -= FLASH_UNIT_BYTES;
    return next < BOARD_COUNTER_BYTES && flash_program(BOARD_COUNTER + next, unit, sizeof unit);
}
