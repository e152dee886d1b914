/* What libsodium's signature check calls, in few bytes of code: SHA-512 (FIPS 180-4 section 6.4) and three comparisons.
 *
 * libsodium's own SHA-512 has its rounds unrolled, 6 KB instead of 1. Nothing here is secret: a bootloader only checks. */
#include "crypto_hash_sha512.h"
#include "crypto_verify_32.h"
#include "sign_ed25519_ref10.h"
#include "utils.h"

/* FIPS 180-4 section 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes */
static const uint64_t round_constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static uint64_t turn(uint64_t word, int bits)
{
    return word >> bits | word << (64 - bits);
}

static uint64_t mix(uint64_t word, int first, int second, int third)
{
    return turn(word, first) ^ turn(word, second) ^ turn(word, third);
}

static void compress(uint64_t state[8], const uint8_t block[128])
{
    static uint64_t w[80];
    uint64_t v[8];
    for (int i = 0; i < 80; i++) {
        uint64_t word = 0;
        if (i < 16)
            for (int j = 0; j < 8; j++)
                word = word << 8 | *block++;
        else
            word = w[i - 16] + w[i - 7] + (turn(w[i - 15], 1) ^ turn(w[i - 15], 8) ^ w[i - 15] >> 7) +
                   (turn(w[i - 2], 19) ^ turn(w[i - 2], 61) ^ w[i - 2] >> 6);
        w[i] = word;
    }
    for (int i = 0; i < 8; i++)
        v[i] = state[i];
    for (int i = 0; i < 80; i++) {
        uint64_t first = v[7] + mix(v[4], 14, 18, 41) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + round_constants[i] + w[i];
        uint64_t second = mix(v[0], 28, 34, 39) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        for (int j = 7; j > 0; j--)
            v[j] = v[j - 1];
        v[4] += first;
        v[0] = first + second;
    }
    for (int i = 0; i < 8; i++)
        state[i] += v[i];
}

/* The signature's hash is that of the plain form of the algorithm: RFC 8032 section 5.1. */
void _crypto_sign_ed25519_ref10_hinit(crypto_hash_sha512_state *self, int prehashed)
{
    (void)prehashed;
    /* FIPS 180-4 section 5.3.5 */
    static const uint64_t initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
    for (int i = 0; i < 8; i++)
        self->state[i] = initial[i];
    self->count[0] = 0;
}

int crypto_hash_sha512_update(crypto_hash_sha512_state *self, const unsigned char *data, unsigned long long bytes)
{
    for (; bytes; bytes--) {
        self->buf[self->count[0]++ % 128] = *data++;
        if (self->count[0] % 128 == 0)
            compress(self->state, self->buf);
    }
    return 0;
}

int crypto_hash_sha512_final(crypto_hash_sha512_state *self, unsigned char *digest)
{
    uint64_t bits = 8 * self->count[0]; /* of 2^64 at most */
    uint8_t byte = 0x80;
    do {
        crypto_hash_sha512_update(self, &byte, 1);
        byte = 0;
    } while (self->count[0] % 128 != 112);
    for (int shift = 120; shift >= 0; shift -= 8) {
        byte = shift < 64 ? (uint8_t)(bits >> shift) : 0;
        crypto_hash_sha512_update(self, &byte, 1);
    }
    for (int i = 0; i < 64; i++)
        digest[i] = (uint8_t)(self->state[i / 8] >> (56 - 8 * (i % 8)));
    return 0;
}

int sodium_memcmp(const void *const a, const void *const b, size_t bytes)
{
    const uint8_t *one = a, *other = b;
    for (; bytes; bytes--)
        if (*one++ != *other++)
            return -1;
    return 0;
}

int crypto_verify_32(const unsigned char *a, const unsigned char *b)
{
    return sodium_memcmp(a, b, 32);
}

int sodium_is_zero(const unsigned char *data, const size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (data[i])
            return 0;
    return 1;
}
