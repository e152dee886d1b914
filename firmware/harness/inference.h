/* The model between the input buffer that the host fills and the arena that it runs in. */
#ifndef INFERENCE_H
#define INFERENCE_H

#include <stdint.h>

#include "model.h"

/* All inputs of the model, one after the other, as raw tensor bytes. An inference may overwrite the arena, so it copies from here. */
extern uint8_t input_buffer[MODEL_INPUT_BYTES];

/* Gives the variables of a model that has some their initial values, and finds out what reading the counter costs; needed
 * once before the first run. */
void begin_sequence(void);

/* Runs the model once; returns the cycles of the model alone, without the copy and without reading the counter. */
uint32_t run_inference(void);

/* Runs the model once, timing every step on its own; the cost of reading the counter is taken off. */
void profile_steps(uint32_t cycles[MODEL_STEPS]);

/* First byte of output `index`. */
const uint8_t *output_data(int index);

#endif
