/* Lines and numbers on the serial console. */
#include "console.h"

#include "clock.h"
#include "crc.h"
#include "divide.h"
#include "port.h"
#ifdef UPDATES /* an image in a slot, which can be replaced over this line */
#include "bootloader/watchdog.h"
#include "update/slots.h"
#include "update/smp.h"
#endif

static uint32_t said_crc = CRC_START;

static void put(char byte)
{
    said_crc = crc_step(said_crc, (uint8_t)byte);
    port_putc((uint8_t)byte);
}

int read_command(char command[COMMAND_BYTES])
{
    int length = 0;
    for (;;) {
#ifdef UPDATES
        while (!port_ready()) {
            clock_follow(); /* the counter may wrap while nobody asks */
            if (slot_trial(active_slot()) == CONFIRMED)
                watchdog_feed();
        }
#endif
        char c = (char)port_getc();
#ifdef UPDATES
        if (smp_take((uint8_t)c))
            continue;
#endif
        if (c == '%')
            break;
        if (c == '\r' || c == '\n')
            continue;
        if (length < COMMAND_BYTES)
            command[length++] = c;
    }
#ifdef UPDATES
    watchdog_feed();
#endif
    if (length == COMMAND_BYTES)
        return -1;
    command[length] = '\0';
    return length;
}

void say(const char *text)
{
    while (*text)
        put(*text++);
}

void say_number(uint64_t value)
{
    char digits[21];
    int first = 20;
    digits[first] = '\0';
    do {
        digits[--first] = (char)('0' + divide(&value, 10));
    } while (value);
    say(digits + first);
}

void say_hex(uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    put(digits[byte >> 4]);
    put(digits[byte & 15]);
}

void say_real(float value)
{
    if (value != value) {
        say("nan");
        return;
    }
    if (value < 0.0f) {
        say("-");
        value = -value;
    }
    if (value > 999999.0f) {
        say("inf");
        return;
    }
    uint32_t whole = (uint32_t)value;
    uint32_t thousandths = (uint32_t)((value - (float)whole) * 1000.0f + 0.5f);
    whole += thousandths / 1000;
    thousandths %= 1000;
    say_number(whole);
    say(".");
    put((char)('0' + thousandths / 100));
    put((char)('0' + thousandths / 10 % 10));
    put((char)('0' + thousandths % 10));
}

void end_line(void)
{
    say("\r\n");
}

void begin_answer(void)
{
    said_crc = CRC_START;
}

void say_word(uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        say_hex((uint8_t)(word >> shift));
}

void say_crc(void)
{
    uint32_t crc = ~said_crc;
    say("m-crc-");
    say_word(crc);
    end_line();
}

void say_line(const char *text)
{
    say(text);
    end_line();
}

void say_error(const char *reason, const char *what)
{
    say("e-[");
    say(reason);
    say(what);
    say_line("]");
}

void say_tagged(const char *tag, uint64_t value)
{
    say(tag);
    say_number(value);
    end_line();
}
