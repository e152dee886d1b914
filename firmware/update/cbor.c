/* The part of CBOR (RFC 8949) that the update protocol needs. */
#include "cbor.h"

const uint8_t *cbor_read(const uint8_t *from, const uint8_t *end, struct item *item)
{
    if (from == end)
        return 0;
    item->kind = (enum cbor)(*from >> 5);
    uint32_t value = *from++ & 31u;
    if (value >= 24) {
        uint32_t bytes = value == 24 ? 1 : value == 25 ? 2 : value == 26 ? 4 : 0;
        if (!bytes || bytes > (uint32_t)(end - from))
            return 0;
        for (value = 0; bytes; bytes--)
            value = value << 8 | *from++;
    }
    item->value = value;
    item->bytes = from;
    switch (item->kind) {
    case CBOR_BYTES:
    case CBOR_TEXT:
        return value > (uint32_t)(end - from) ? 0 : from + value;
    case CBOR_NUMBER:
    case CBOR_MAP:
    case CBOR_SIMPLE:
        return from;
    default:
        return 0;
    }
}

static void put(struct writer *to, uint8_t byte)
{
    if (to->bytes < to->size)
        to->buffer[to->bytes] = byte;
    to->bytes++;
}

void cbor_head(struct writer *to, enum cbor kind, uint32_t value)
{
    int bytes = value < 24 ? 0 : value < 256 ? 1 : value < 65536 ? 2 : 4;
    uint32_t low = value < 24 ? value : bytes == 1 ? 24 : bytes == 2 ? 25 : 26;
    put(to, (uint8_t)((uint32_t)kind << 5 | low));
    for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8)
        put(to, (uint8_t)(value >> shift));
}

void cbor_string(struct writer *to, enum cbor kind, const void *bytes, uint32_t size)
{
    const uint8_t *from = bytes;
    cbor_head(to, kind, size);
    while (size--)
        put(to, *from++);
}

void cbor_text(struct writer *to, const char *text)
{
    uint32_t size = 0;
    while (text[size])
        size++;
    cbor_string(to, CBOR_TEXT, text, size);
}

void cbor_flag(struct writer *to, const char *key, bool value)
{
    cbor_text(to, key);
    cbor_head(to, CBOR_SIMPLE, value ? CBOR_TRUE : CBOR_TRUE - 1);
}
