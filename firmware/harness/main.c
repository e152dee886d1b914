/* The image's life after start-up: MLPerf Tiny's serial protocol, performance mode, with commands of our own.
 *
 * A command ends in '%', every reply in "m-ready". The protocol is described in the MLPerf Tiny benchmark's runner
 * documentation. Our own never run unless asked for; their answers end in a checksum. */
#include <stdbool.h>
#include <stddef.h>

#include "board.h"
#include "cell.h"
#include "console.h"
#include "inference.h"
#include "loading.h"
#include "running.h"
#include "stack.h"
#include "text.h"
#ifdef UPDATES
#include "update/heartbeat.h"
#include "update/report.h"
#endif

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
    {"timestamp", "timestamp%: microseconds since start", command_timestamp, false},
    {"db", "db load N%, db HEX%, db print%: the input's N bytes", command_db, false},
    {"infer", "infer N W%: N runs after W warm-ups", command_infer, false},
    {"results", "results%: the last outputs as numbers", command_results, false},
    {"help", "help%: this list", help, false},
    {"layers", "layers%: cycles of the last infer and of each layer", command_layers, true},
    {"memory", "memory%: bytes of arena, static data and stack", memory, true},
    {"version", "version%: board and model of this image", version, true},
    {"input", "input%: size and CRC-32 of the loaded bytes", command_input, true},
    {"output", "output%: the last outputs as raw bytes in hex", command_output, true},
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
    command_timestamp("");
    say_line("m-init-done");
    say_line("m-ready");
    for (;;) {
        char command[COMMAND_BYTES];
        if (read_command(command) < 0)
            say_error("command too long", "");
        else
            obey(command);
        say_line("m-ready");
    }
}
