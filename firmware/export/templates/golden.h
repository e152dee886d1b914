/* Golden vectors of $name: inputs with the outputs that they must give. Generated. */
#ifndef ${NAME}_GOLDEN_H
#define ${NAME}_GOLDEN_H

#include "$name.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ${NAME}_GOLDEN_SAMPLES $samples
/* All inputs of the model, one after the other, as raw tensor bytes. */
extern const uint8_t ${name}_golden_inputs[${NAME}_GOLDEN_SAMPLES][${NAME}_INPUT_BYTES];

/* Copies a sample's inputs into the arena. */
void ${name}_golden_load(uint8_t *arena, int sample);

/* How far the outputs in the arena, after ${name}_run, are from those of a sample: the largest absolute difference of two
 * elements as they are stored, or infinity if one is no number. */
float ${name}_golden_difference(const uint8_t *arena, int sample);

/* Runs all samples; true if no difference is above the tolerance, which is 0 where every byte must be the same. */
int ${name}_golden_pass(uint8_t *arena);

#ifdef __cplusplus
}
#endif

#endif
