/* As much of CBOR (RFC 8949) as requests and answers of SMP have: maps of integers, strings, booleans. */
#ifndef CBOR_H
#define CBOR_H

#include <stdbool.h>
#include <stdint.h>

enum cbor { CBOR_NUMBER = 0, CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_ARRAY = 4, CBOR_MAP = 5, CBOR_SIMPLE = 7 };
#define CBOR_TRUE 21u

/* A head, and for strings where its bytes lie. */
struct item {
    enum cbor kind;
    uint32_t value;
    const uint8_t *bytes;
};

/* Reads the item at `from`; returns what follows, or NULL if there is no whole one of a kind known here. */
const uint8_t *cbor_read(const uint8_t *from, const uint8_t *end, struct item *item);

/* What is written; `bytes` beyond `size` says that it did not fit. */
struct writer {
    uint8_t *buffer;
    uint32_t size, bytes;
};

void cbor_head(struct writer *to, enum cbor kind, uint32_t value);
void cbor_string(struct writer *to, enum cbor kind, const void *bytes, uint32_t size);
/* Text that ends in a zero byte. */
void cbor_text(struct writer *to, const char *text);
void cbor_flag(struct writer *to, const char *key, bool value);

#endif
