/* Starts the newest image that may start: one that waits for its trial, once; else the one confirmed last; else, so that
 * the device stays reachable, any that is signed.
 *
 * An image is started only if it is made for its slot and board, its security counter is not older than any confirmed
 * one's, and a known key signed it. Nothing is erased here and nothing copied: a power cut at any moment leaves the same
 * choice, but for a trial that is over. */
#include <stddef.h>

#include "crypto_sign_ed25519.h"

#include "flash.h"
#include "handoff.h"
#include "image.h"
#include "keys.h"
#include "port.h"
#include "watchdog.h"

static bool equal(const uint8_t *a, const uint8_t *b, int bytes)
{
    while (bytes && *a == *b)
        a++, b++, bytes--;
    return !bytes;
}

/* imgtool signs the hash, and names the key by the hash of its SubjectPublicKeyInfo: RFC 8410 section 4. */
static enum refusal check_signature(const struct image *image)
{
    static const uint8_t prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct sha256 state;
        uint8_t name[32];
        sha256_start(&state);
        sha256_take(&state, prefix, sizeof prefix);
        sha256_take(&state, keys[i], sizeof keys[i]);
        sha256_end(&state, name);
        if (equal(name, image->key_hash, sizeof name))
            return crypto_sign_ed25519_verify_detached(image->signature, image->hash, 32, keys[i]) ? WRONG_SIGNATURE
                                                                                                    : ACCEPTED;
    }
    return UNKNOWN_KEY;
}

static enum refusal check(int slot, struct image *image)
{
    enum refusal refusal = image_read(slot, image);
    if (refusal == ACCEPTED && !image_is_whole(slot, image))
        refusal = WRONG_HASH;
    return refusal == ACCEPTED ? check_signature(image) : refusal;
}

/* How much a slot is to be preferred; 0 for one that is only better than nothing. */
static uint32_t preference(int slot)
{
    switch (slot_trial(slot)) {
    case PENDING:
        return UINT32_MAX;
    case CONFIRMED:
        return 1 + slot_order(slot);
    default:
        return 0;
    }
}

static __attribute__((noreturn)) void start(int slot)
{
    const uint32_t *vectors = (const uint32_t *)(uintptr_t)(slot_address(slot) + IMAGE_HEADER_BYTES);
    *(volatile uint32_t *)0xE000ED08u = (uint32_t)(uintptr_t)vectors; /* ARMv7-M ARM (DDI 0403E) B3.2.5: VTOR */
    __asm volatile("msr msp, %0\n\tbx %1" ::"r"(vectors[0]), "r"(vectors[1]) : "memory");
    __builtin_unreachable();
}

static void begin_handoff(void)
{
    enum reset cause = reset_cause();
    if (HANDOFF->magic != HANDOFF_MAGIC || cause == RESET_POWER)
        for (int i = 0; i < RESET_KINDS; i++)
            HANDOFF->resets[i] = 0;
    HANDOFF->magic = HANDOFF_MAGIC;
    HANDOFF->cause = (uint8_t)cause;
    HANDOFF->resets[cause]++;
    HANDOFF->refusals[0] = HANDOFF->refusals[1] = NOT_LOOKED_AT;
}

static bool start_if_right(int slot)
{
    struct image image;
    enum refusal refusal = check(slot, &image);
    HANDOFF->refusals[slot] = (uint8_t)refusal;
    if (refusal != ACCEPTED)
        return false;
    enum trial trial = slot_trial(slot);
    if (trial == PENDING) {
        if (!slot_mark_tried(slot))
            return false;
        watchdog_start();
    }
    if (trial == CONFIRMED && image.counter > security_counter())
        raise_security_counter(image.counter);
    HANDOFF->slot = (uint8_t)slot;
    start(slot);
}

static void say(const char *text)
{
    while (*text)
        port_putc((uint8_t)*text++);
}

int main(void)
{
    begin_handoff();
    int first = preference(1) > preference(0);
    start_if_right(first);
    start_if_right(!first);
    say("e-[no image may start: refused for reasons ");
    for (int slot = 0; slot < SLOTS; slot++) {
        port_putc((uint8_t)('0' + HANDOFF->refusals[slot] / 10));
        port_putc((uint8_t)('0' + HANDOFF->refusals[slot] % 10));
        say(slot ? "]\r\n" : " and ");
    }
    for (;;)
        (void)port_getc();
}
