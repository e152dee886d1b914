/* What an image in the field did since it started, in one line. */
#include "heartbeat.h"

#include "board.h"
#include "bootloader/handoff.h"
#include "bootloader/image.h"
#include "bootloader/watchdog.h"
#include "clock.h"
#include "console.h"
#include "inference.h"
#include "port.h"
#include "slots.h"
#include "stack.h"

/* A model with more outputs than this, or several of them, gives no classes. */
#define MOST_CLASSES 32
#define BINS 8

/* Since start. `own_cycles` is what it cost to know and to tell all this. */
static struct {
    uint64_t inferences, cycles_sum, own_cycles;
    uint32_t cycles_min, cycles_max;
    uint64_t classes[MOST_CLASSES], confidence[BINS];
} seen;

/* Keys are integers in the order of the real outputs; from limits[i] on a confidence is in bin i + 1. */
static int32_t limits[BINS - 1];

static uint32_t class_count(void)
{
    const bw_tensor_t *scores = &model_outputs[0];
    bool known = scores->type == BW_FLOAT32 || scores->type == BW_INT8 || scores->type == BW_INT16;
    return MODEL_OUTPUTS == 1 && known && scores->elements <= MOST_CLASSES ? scores->elements : 0;
}

/* IEEE 754: numbers of one sign are ordered as their bits are, negative ones backwards. */
static int32_t float_key(const void *from)
{
    int32_t bits;
    __builtin_memcpy(&bits, from, sizeof bits);
    return bits < 0 ? (int32_t)(0x80000000u - (uint32_t)bits) : bits;
}

static void find_limits(const bw_tensor_t *scores)
{
    for (int bin = 0; bin < BINS - 1; bin++) {
        float real = (float)(bin + 1) / BINS;
        float element = real / scores->scale + (float)scores->zero_point;
        int32_t whole = (int32_t)element;
        limits[bin] = scores->type == BW_FLOAT32 ? float_key(&real) : whole + ((float)whole < element);
    }
}

static int32_t key(const bw_tensor_t *scores, const uint8_t *data, uint32_t index)
{
    if (scores->type == BW_INT8)
        return ((const int8_t *)data)[index];
    if (scores->type == BW_FLOAT32)
        return float_key(data + 4 * index);
    int16_t element;
    __builtin_memcpy(&element, data + 2 * index, sizeof element);
    return element;
}

static void observe_output(void)
{
    const bw_tensor_t *scores = &model_outputs[0];
    const uint8_t *data = output_data(0);
    uint32_t count = class_count(), best = 0, bin = 0;
    int32_t highest = INT32_MIN;
    for (uint32_t i = 0; i < count; i++) {
        int32_t score = key(scores, data, i);
        if (score > highest)
            highest = score, best = i;
    }
    if (!count)
        return;
    while (bin < BINS - 1 && highest >= limits[bin])
        bin++;
    seen.classes[best]++;
    seen.confidence[bin]++;
}

void observe_inference(uint32_t cycles)
{
    uint32_t start = port_cycles();
    watchdog_feed();
    if (!seen.inferences++) {
        find_limits(&model_outputs[0]);
        seen.cycles_min = cycles;
    }
    seen.cycles_sum += cycles;
    if (cycles < seen.cycles_min)
        seen.cycles_min = cycles;
    if (cycles > seen.cycles_max)
        seen.cycles_max = cycles;
    observe_output();
    seen.own_cycles += port_cycles() - start;
}

static void say_field(const char *name, uint64_t value)
{
    say(name);
    say_number(value);
}

static void say_counts(const char *name, const uint64_t *counts, uint32_t size)
{
    say(name);
    for (uint32_t i = 0; i < size; i++)
        say_field(i ? "," : "", counts[i]);
    say(size ? "" : "-");
}

static void say_resets(void)
{
    say_field(" resets ", HANDOFF->resets[0]);
    for (int kind = 1; kind < RESET_KINDS; kind++)
        say_field(",", HANDOFF->resets[kind]);
    say_field(" cause ", HANDOFF->cause);
}

static void say_image(void)
{
    struct image image;
    bool whole = image_read(active_slot(), &image) == ACCEPTED;
    say_field(" version ", whole ? image.major : 0);
    say_field(".", whole ? image.minor : 0);
    say_field(".", whole ? image.revision : 0);
    say_field("+", whole ? image.build : 0);
}

void say_heartbeat(void)
{
    uint32_t start = port_cycles(), count = class_count();
    say("m-heartbeat-[1 board " BOARD_NAME " model " MODEL_HASH);
    say_image();
    say_field(" up-us ", clock_us());
    say_field(" inferences ", seen.inferences);
    say_field(" cycles ", seen.cycles_min);
    say_field(",", seen.cycles_sum);
    say_field(",", seen.cycles_max);
    say_counts(" classes ", seen.classes, count);
    say_counts(" confidence ", seen.confidence, count ? BINS : 0);
    say_resets();
    say_field(" stack ", stack_peak_bytes());
    say_field(" own ", seen.own_cycles);
    say("]");
    end_line();
    seen.own_cycles += port_cycles() - start;
}
