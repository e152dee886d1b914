/* The image's life after start-up: MLPerf Tiny's serial protocol, performance mode, with five commands of our own.
 *
 * A command ends in '%', every reply in "m-ready". The protocol is described in the MLPerf Tiny benchmark's runner
 * documentation. Our own commands (layers, memory, version, input, output) never run unless asked for;
 * their answers end in a checksum. */
#include <stdbool.h>
#include <stddef.h>

#include "board.h"
#include "cell.h"
#include "clock.h"
#include "console.h"
#include "crc.h"
#include "inference.h"
#include "port.h"
#include "stack.h"
#ifdef UPDATES
#include "update/heartbeat.h"
#include "update/report.h"
#endif

/* How much of the input buffer the host announced with "db load" and has filled so far. */
static uint32_t load_expected, load_received;
/* Cycles of the runs of the last "infer". */
static uint64_t run_cycles;
static uint32_t run_count;

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* Returns what follows `prefix` in `text`, or NULL if text starts otherwise. */
static const char *after(const char *prefix, const char *text)
{
    while (*prefix) {
        if (*prefix++ != *text++)
            return NULL;
    }
    return text;
}

static void ready(void)
{
    say("m-ready");
    end_line();
}

static void say_line(const char *text)
{
    say(text);
    end_line();
}

static void say_error(const char *reason, const char *what)
{
    say("e-[");
    say(reason);
    say(what);
    say_line("]");
}

static void say_tagged(const char *tag, uint64_t value)
{
    say(tag);
    say_number(value);
    end_line();
}

/* Reads a decimal number at *text and steps past it and the blanks around it; false if there is none. */
static bool take_number(const char **text, uint32_t *number)
{
    const char *c = *text;
    uint32_t value = 0;
    while (*c == ' ')
        c++;
    if (*c < '0' || *c > '9')
        return false;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (value > 99999999u)
            return false;
        value = value * 10 + (uint32_t)(*c - '0');
    }
    while (*c == ' ')
        c++;
    *text = c;
    *number = value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static void name(const char *arguments)
{
    (void)arguments;
    say_line("m-name-dut-[boardwalk]");
}

static void profile(const char *arguments)
{
    (void)arguments;
    say_line("m-profile-[boardwalk]");
    say_line("m-model-[" CELL_MODEL "]");
}

static void timestamp(const char *arguments)
{
    (void)arguments;
    say_tagged("m-lap-us-", clock_us());
}

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

static void db(const char *arguments)
{
    const char *bytes = after("load ", arguments);
    if (bytes)
        db_load(bytes);
    else if (equal(arguments, "print"))
        db_print();
    else
        db_bytes(arguments);
}

static void say_element(const bw_tensor_t *tensor, const uint8_t *data, uint32_t index)
{
    if (tensor->type == BW_FLOAT32) {
        float value;
        __builtin_memcpy(&value, data + 4 * index, sizeof value);
        say_real(value);
        return;
    }
    int32_t value = 0;
    if (tensor->type == BW_INT8) {
        value = ((const int8_t *)data)[index];
    } else if (tensor->type == BW_UINT8) {
        value = data[index];
    } else if (tensor->type == BW_INT16) {
        int16_t element;
        __builtin_memcpy(&element, data + 2 * index, sizeof element);
        value = element;
    } else {
        __builtin_memcpy(&value, data + (tensor->type == BW_INT64 ? 8 : 4) * index, sizeof value);
    }
    say_real(tensor->scale > 0.0f ? (float)(value - tensor->zero_point) * tensor->scale : (float)value);
}

static void results(const char *arguments)
{
    (void)arguments;
    say("m-results-[");
    for (int i = 0; i < MODEL_OUTPUTS; i++) {
        for (uint32_t element = 0; element < model_outputs[i].elements; element++) {
            say(i || element ? "," : "");
            say_element(&model_outputs[i], output_data(i), element);
        }
    }
    say_line("]");
}

static void infer(const char *arguments)
{
    uint32_t runs, warmups = 0;
    if (!take_number(&arguments, &runs) || (*arguments && !take_number(&arguments, &warmups)) || *arguments || !runs) {
        say_error("infer needs a number of runs and may have a number of warm-ups", "");
        return;
    }
    say_tagged("m-warmup-start-", warmups);
    for (; warmups; warmups--)
        run_inference();
    say_line("m-warmup-done");
    say_tagged("m-infer-start-", runs);
    run_cycles = 0;
    run_count = runs;
    timestamp("");
    for (uint32_t run = 0; run < runs; run++) {
        run_cycles += run_inference();
        clock_us();
    }
    timestamp("");
    say_line("m-infer-done");
    results("");
}

static void layers(const char *arguments)
{
    (void)arguments;
    static uint32_t cycles[MODEL_STEPS];
    run_inference(); /* a warm-up, and words after it: the profile finds the caches as a timed inference does */
    say_tagged("m-runs-", run_count);
    say_tagged("m-cycles-", run_cycles);
    profile_steps(cycles);
    say("m-layers-[");
    for (int i = 0; i < MODEL_STEPS; i++) {
        say(i ? "," : "");
        say_number(cycles[i]);
    }
    say_line("]");
}

static void memory(const char *arguments)
{
    (void)arguments;
    say_tagged("m-arena-bytes-", MODEL_ARENA_BYTES);
    say_tagged("m-static-bytes-", static_bytes());
    say_tagged("m-stack-bytes-", stack_reserved_bytes());
    say_tagged("m-stack-peak-bytes-", stack_peak_bytes());
}

static void version(const char *arguments)
{
    (void)arguments;
    say_line("m-version-[boardwalk " BOARD_NAME " " MODEL_HASH "]");
}

/* What the host needs to be sure that its bytes arrived. */
static void input(const char *arguments)
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

static void output(const char *arguments)
{
    (void)arguments;
    say("m-output-[");
    for (int i = 0; i < MODEL_OUTPUTS; i++) {
        const uint8_t *data = output_data(i);
        for (uint32_t byte = 0; byte < bw_tensor_bytes(&model_outputs[i]); byte++)
            say_hex(data[byte]);
    }
    say_line("]");
}

#ifdef UPDATES
static void heartbeat(const char *arguments)
{
    (void)arguments;
    say_heartbeat();
}

static void slots(const char *arguments)
{
    (void)arguments;
    say_slots();
}
#endif

static void help(const char *arguments);

static const struct {
    const char *word, *usage;
    void (*run)(const char *arguments);
    bool ours;
} commands[] = {
    {"name", "name%: who answers", name, false},
    {"profile", "profile%: what it measures", profile, false},
    {"timestamp", "timestamp%: microseconds since start", timestamp, false},
    {"db", "db load N%, db HEX%, db print%: the input's N bytes", db, false},
    {"infer", "infer N W%: N runs after W warm-ups", infer, false},
    {"results", "results%: the last outputs as numbers", results, false},
    {"help", "help%: this list", help, false},
    {"layers", "layers%: cycles of the last infer and of each layer", layers, true},
    {"memory", "memory%: bytes of arena, static data and stack", memory, true},
    {"version", "version%: board and model of this image", version, true},
    {"input", "input%: size and CRC-32 of the loaded bytes", input, true},
    {"output", "output%: the last outputs as raw bytes in hex", output, true},
#ifdef UPDATES
    {"heartbeat", "heartbeat%: what this image did since start", heartbeat, true},
    {"slots", "slots%: the images in both slots, and what the bootloader said of them", slots, true},
#endif
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void help(const char *arguments)
{
    (void)arguments;
    for (size_t i = 0; i < COMMANDS; i++)
        say_line(commands[i].usage);
}

static void obey(char *command)
{
    while (*command == ' ')
        command++;
    char *arguments = command;
    while (*arguments && *arguments != ' ')
        arguments++;
    if (*arguments)
        *arguments++ = '\0';
    for (size_t i = 0; i < COMMANDS; i++) {
        if (equal(command, commands[i].word)) {
            begin_answer();
            commands[i].run(arguments);
            if (commands[i].ours)
                say_crc();
            return;
        }
    }
    say_error("unknown command: ", command);
}

int main(void)
{
    begin_sequence();
    say_line("m-timestamp-mode-performance");
    timestamp("");
    say_line("m-init-done");
    ready();
    for (;;) {
        char command[COMMAND_BYTES];
        if (read_command(command) < 0)
            say_error("command too long", "");
        else
            obey(command);
        ready();
    }
}
