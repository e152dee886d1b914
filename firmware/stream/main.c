/* An image that gives a sensor's samples to the host: the harness's console and way of answering, and two commands.
 *
 * "sensor%" says what there is; "record N%" gives the next N samples, a line each, while they are taken. A sample has a
 * number, which rises by one, and by one more when the sensor overwrote a sample before it could be read. */
#include "board.h"
#include "console.h"
#include "port.h"
#include "sensor.h"

static bool started;

static void say_signed(int32_t value)
{
    if (value < 0)
        say("-");
    say_number((uint64_t)(value < 0 ? -value : value));
}

/* An eighth of a sample's time, without asking the sensor. */
static void pause(void)
{
    for (uint32_t start = port_cycles(); port_cycles() - start < BOARD_CLOCK_HZ / (8 * sensor_rate_hz);) {
        for (volatile int i = 0; i < 1000; i++) {
        }
    }
}

static bool wait_for_sample(int16_t axes[SENSOR_AXES])
{
    bool lost;
    while (!sensor_ready(&lost))
        pause();
    sensor_read(axes);
    return lost;
}

static void record(uint32_t samples)
{
    int16_t axes[SENSOR_AXES];
    wait_for_sample(axes); /* what lay there since the last command is no part of this recording */
    uint32_t number = 0;
    for (uint32_t i = 0; i < samples; i++, number++) {
        number += wait_for_sample(axes);
        say("m-sample-[");
        say_number(number);
        for (int axis = 0; axis < SENSOR_AXES; axis++) {
            say(",");
            say_signed(axes[axis]);
        }
        say_line("]");
    }
}

static void describe(void)
{
    say("m-sensor-[");
    say(sensor_name);
    say(",");
    say_number(sensor_rate_hz);
    say(",");
    say_number(SENSOR_AXES);
    say(",");
    say(sensor_unit);
    say_line("]");
}

/* Returns the number after `prefix`, 0 if the text is anything else or the number has more than six digits. */
static uint32_t number_after(const char *prefix, const char *text)
{
    while (*prefix) {
        if (*prefix++ != *text++)
            return 0;
    }
    uint32_t value = 0;
    for (int digits = 0; *text; text++, digits++) {
        if (*text < '0' || *text > '9' || digits == 6)
            return 0;
        value = value * 10 + (uint32_t)(*text - '0');
    }
    return value;
}

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static void obey(const char *command)
{
    uint32_t samples = number_after("record ", command);
    if (equal(command, "name")) {
        say_line("m-name-dut-[boardwalk]");
        return;
    }
    if (!samples && !equal(command, "sensor") && !equal(command, "version")) {
        say_line("e-[expected name, version, sensor or record N]");
        return;
    }
    started = started || sensor_start();
    if (!started && !equal(command, "version")) {
        say("e-[the sensor does not answer: ");
        say(sensor_name);
        say_line("]");
        return;
    }
    begin_answer();
    if (samples)
        record(samples);
    else if (equal(command, "sensor"))
        describe();
    else
        say_line("m-version-[boardwalk " BOARD_NAME " stream]");
    say_crc();
}

int main(void)
{
    say_line("m-init-done");
    say_line("m-ready");
    for (;;) {
        char command[COMMAND_BYTES];
        if (read_command(command) < 0)
            say_line("e-[command too long]");
        else
            obey(command);
        say_line("m-ready");
    }
}
