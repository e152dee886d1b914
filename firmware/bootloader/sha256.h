/* SHA-256, FIPS 180-4 section 6.2, in few bytes of code. */
#ifndef SHA256_H
#define SHA256_H

#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
};

void sha256_start(struct sha256 *self);
void sha256_take(struct sha256 *self, const uint8_t *data, uint32_t bytes);
void sha256_end(struct sha256 *self, uint8_t digest[32]);

#endif
