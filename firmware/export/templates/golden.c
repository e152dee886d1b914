/* Golden vectors of $name, from $origin. Generated.
 * Outputs are this model's own on a computer, proven against the oracle: $oracle. */
#include "${name}_kernels/target.h"

#include "${name}_golden.h"

#define TOLERANCE $tolerance
#define OUTPUT_BYTES $output_bytes

const uint8_t ${name}_golden_inputs[${NAME}_GOLDEN_SAMPLES][${NAME}_INPUT_BYTES] = {
$inputs};

static const uint8_t outputs[${NAME}_GOLDEN_SAMPLES][OUTPUT_BYTES] = {
$outputs};

static float element(bw_type_t type, const uint8_t *data, uint32_t index)
{
    switch (type) {
    case BW_INT8:
        return (float)((const int8_t *)data)[index];
    case BW_UINT8:
        return (float)data[index];
    case BW_INT16: {
        int16_t value;
        __builtin_memcpy(&value, data + 2 * index, sizeof value);
        return (float)value;
    }
    case BW_INT32: {
        int32_t value;
        __builtin_memcpy(&value, data + 4 * index, sizeof value);
        return (float)value;
    }
    case BW_INT64: {
        int64_t value;
        __builtin_memcpy(&value, data + 8 * index, sizeof value);
        return (float)value;
    }
    default: {
        float value;
        __builtin_memcpy(&value, data + 4 * index, sizeof value);
        return value;
    }
    }
}

void ${name}_golden_load(uint8_t *arena, int sample)
{
    const uint8_t *from = ${name}_golden_inputs[sample];
    for (int i = 0; i < ${NAME}_INPUTS; i++) {
        uint8_t *to = arena + ${name}_inputs[i].offset;
        for (uint32_t left = bw_tensor_bytes(&${name}_inputs[i]); left; left--)
            *to++ = *from++;
    }
}

float ${name}_golden_difference(const uint8_t *arena, int sample)
{
    const uint8_t *expected = outputs[sample];
    float worst = 0.0f;
    for (int i = 0; i < ${NAME}_OUTPUTS; i++) {
        const bw_tensor_t *tensor = &${name}_outputs[i];
        for (uint32_t index = 0; index < tensor->elements; index++) {
            float difference = element(tensor->type, arena + tensor->offset, index) - element(tensor->type, expected, index);
            float size = difference < 0.0f ? -difference : difference;
            if (!(size <= worst))
                worst = size == size ? size : __builtin_inff();
        }
        expected += bw_tensor_bytes(tensor);
    }
    return worst;
}

int ${name}_golden_pass(uint8_t *arena)
{
#if ${NAME}_VARIABLES
    ${name}_reset(arena);
#endif
    for (int sample = 0; sample < ${NAME}_GOLDEN_SAMPLES; sample++) {
        ${name}_golden_load(arena, sample);
        ${name}_run(arena);
        if (${name}_golden_difference(arena, sample) > TOLERANCE)
            return 0;
    }
    return 1;
}
