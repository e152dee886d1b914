/* Runs the model on what was loaded, as a whole and layer by layer. */
#include "inference.h"

#include "port.h"
#ifdef UPDATES /* what is in the field tells how it fares */
#include "update/heartbeat.h"
#endif

uint8_t input_buffer[MODEL_INPUT_BYTES] __attribute__((section(".bss.inputs")));
static uint8_t arena[MODEL_ARENA_BYTES] __attribute__((aligned(16), section(".bss.arena")));

static void load_inputs(void)
{
    const uint8_t *from = input_buffer;
    for (int i = 0; i < MODEL_INPUTS; i++) {
        uint8_t *to = arena + model_inputs[i].offset;
        for (uint32_t left = bw_tensor_bytes(&model_inputs[i]); left; left--)
            *to++ = *from++;
    }
}

/* Cycles between two readings of the counter with nothing in between: the least of a few, since the first ones fill
 * caches and a counter may have to be synchronised with. Nothing can then appear shorter than it is. */
static uint32_t reading_cycles;

static void time_reading(void)
{
    reading_cycles = UINT32_MAX;
    for (int i = 0; i < 4; i++) {
        uint32_t start = port_cycles();
        uint32_t cycles = port_cycles() - start;
        if (cycles < reading_cycles)
            reading_cycles = cycles;
    }
}

void begin_sequence(void)
{
    time_reading();
#if MODEL_VARIABLES
    model_reset(arena);
#endif
}

uint32_t run_inference(void)
{
    load_inputs();
    uint32_t start = port_cycles();
    model_run(arena);
    uint32_t cycles = port_cycles() - start - reading_cycles;
#ifdef UPDATES
    observe_inference(cycles);
#endif
    return cycles;
}

void profile_steps(uint32_t cycles[MODEL_STEPS])
{
    load_inputs();
    /* From one reading to the next, so that what leads from step to step counts here as it does in model_run. */
    uint32_t before = port_cycles();
    for (int i = 0; i < MODEL_STEPS; i++) {
        model_steps[i](arena);
        uint32_t now = port_cycles();
        cycles[i] = now - before - reading_cycles;
        before = now;
    }
}

const uint8_t *output_data(int index)
{
    return arena + model_outputs[index].offset;
}
