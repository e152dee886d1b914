/* The commands that run the model and say what came out and how long it took. */
#include "running.h"

#include "clock.h"
#include "console.h"
#include "inference.h"
#include "text.h"

/* Cycles of the runs of the last "infer". */
static uint64_t run_cycles;
static uint32_t run_count;

void command_timestamp(const char *arguments)
{
    (void)arguments;
    say_tagged("m-lap-us-", clock_us());
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

void command_results(const char *arguments)
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

void command_infer(const char *arguments)
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
    command_timestamp("");
    for (uint32_t run = 0; run < runs; run++) {
        run_cycles += run_inference();
        clock_us();
    }
    command_timestamp("");
    say_line("m-infer-done");
    command_results("");
}

void command_layers(const char *arguments)
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

void command_output(const char *arguments)
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
