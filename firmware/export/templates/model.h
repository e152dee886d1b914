/* The harness's name for the model. Generated. */
#ifndef MODEL_ADAPTER_H
#define MODEL_ADAPTER_H

#include <$name.h>

#define MODEL_HASH ${NAME}_HASH
#define MODEL_ARENA_BYTES ${NAME}_ARENA_BYTES
#define MODEL_INPUTS ${NAME}_INPUTS
#define MODEL_OUTPUTS ${NAME}_OUTPUTS
#define MODEL_INPUT_BYTES ${NAME}_INPUT_BYTES
#define MODEL_STEPS ${NAME}_STEPS
#define MODEL_VARIABLES ${NAME}_VARIABLES
#define model_inputs ${name}_inputs
#define model_outputs ${name}_outputs
#define model_steps ${name}_steps
#define model_run ${name}_run
#define model_reset ${name}_reset

#endif
