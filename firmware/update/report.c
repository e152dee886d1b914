/* What an image in a slot tells of itself and of the other, as text. */
#include "report.h"

#include "bootloader/handoff.h"
#include "bootloader/image.h"
#include "console.h"

static void say_field(const char *name, uint32_t value)
{
    say(name);
    say_number(value);
}

static void say_bytes(const char *name, const uint8_t *bytes, int count)
{
    say(name);
    while (count--)
        say_hex(*bytes++);
}

/* m-slot-[0 version 1.2.3+4 security 5 model 0123… hash 4567… state 3 active 1], then refusals and resets by kind. */
void say_slots(void)
{
    for (int slot = 0; slot < SLOTS; slot++) {
        struct image image;
        enum refusal refusal = image_read(slot, &image);
        say_field("m-slot-[", (uint32_t)slot);
        if (refusal == ACCEPTED || refusal == OLD_COUNTER) {
            say_field(" version ", image.major);
            say_field(".", image.minor);
            say_field(".", image.revision);
            say_field("+", image.build);
            say_field(" security ", image.counter);
            say_bytes(" model ", image.model, 8);
            say_bytes(" hash ", image.hash, 8);
        }
        say_field(" state ", slot_trial(slot));
        say_field(" refusal ", HANDOFF->refusals[slot]);
        say_field(" active ", HANDOFF->slot == slot);
        say("]");
        end_line();
    }
    say_field("m-security-counter-", security_counter());
    end_line();
    say_field("m-resets-[cause ", HANDOFF->cause);
    for (int kind = 0; kind < RESET_KINDS; kind++)
        say_field(kind ? "," : " counts ", HANDOFF->resets[kind]);
    say("]");
    end_line();
}
