/* The commands that fill the input buffer and say what is in it. */
#include "loading.h"

#include "console.h"
#include "crc.h"
#include "inference.h"
#include "text.h"

/* How much of the input buffer the host announced with "db load" and has filled so far. */
static uint32_t load_expected, load_received;

static void db_load(const char *arguments)
{
    uint32_t bytes;
    if (!take_number(&arguments, &bytes) || *arguments) {
        say_error("db load needs a number of bytes", "");
        return;
    }
    if (bytes != MODEL_INPUT_BYTES) {
        say("e-[the input has ");
        say_number(MODEL_INPUT_BYTES);
        say_line(" bytes]");
        return;
    }
    load_expected = bytes;
    load_received = 0;
    say("m-[Expecting ");
    say_number(bytes);
    say_line(" bytes]");
}

static void db_print(void)
{
    for (uint32_t i = 0; i < load_received; i++) {
        say(i % 16 ? "" : i ? "]\r\nm-buffer-[" : "m-buffer-[");
        say_hex(input_buffer[i]);
    }
    if (load_received)
        say_line("]");
}

static void db_bytes(const char *digits)
{
    if (load_received == load_expected) {
        say_error("db bytes without db load", "");
        return;
    }
    for (; *digits; digits += 2) {
        int high = hex_digit(digits[0]);
        int low = high < 0 ? -1 : hex_digit(digits[1]);
        if (low < 0 || load_received == load_expected) {
            say_error(low < 0 ? "not hexadecimal: " : "more bytes than announced: ", digits);
            load_expected = load_received = 0;
            return;
        }
        input_buffer[load_received++] = (uint8_t)(high << 4 | low);
    }
    if (load_received == load_expected)
        say_line("m-load-done");
}

void command_db(const char *arguments)
{
    const char *bytes = after("load ", arguments);
    if (bytes)
        db_load(bytes);
    else if (equal(arguments, "print"))
        db_print();
    else
        db_bytes(arguments);
}

/* What the host needs to be sure that its bytes arrived. */
void command_input(const char *arguments)
{
    (void)arguments;
    uint32_t crc = CRC_START;
    for (uint32_t i = 0; i < load_received; i++)
        crc = crc_step(crc, input_buffer[i]);
    say_tagged("m-input-bytes-", load_received);
    say("m-input-crc-");
    say_word(~crc);
    end_line();
}
