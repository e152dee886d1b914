/* A model of sound: one second of samples in, its MFCC as the first step, then the steps of the network. */
#include "model.h"

#include "kernels.h"
#include "mfcc.c"
#include "network.c"

const bw_tensor_t model_inputs[1] = {{0, SOUND_SAMPLES, BW_INT16, 0x1p-15f, 0}};

/* Normalises the features and puts them into the network's input, from element `first` on. */
static void feed(float features[MFCC_COEFFICIENTS], uint8_t *network, uint32_t first)
{
    uint8_t *input = network + network_inputs[0].offset;
    for (uint32_t c = 0; c < MFCC_COEFFICIENTS; c++)
        features[c] = (features[c] - sound_mean[c]) / sound_deviation[c];
#if SOUND_QUANTIZED
    const bw_quantize_t p = {MFCC_COEFFICIENTS, network_inputs[0].scale, network_inputs[0].zero_point};
    bw_quantize_f32_s8(&p, features, (int8_t *)input + first);
#else
    __builtin_memcpy(input + 4 * first, features, 4 * MFCC_COEFFICIENTS);
#endif
}

static void front_end(uint8_t *arena)
{
    const int16_t *samples = (const int16_t *)(const void *)arena;
    float features[MFCC_COEFFICIENTS], mean[MFCC_COEFFICIENTS] = {0};
    for (uint32_t frame = 0; frame < SOUND_FRAMES; frame++) {
        mfcc_frame(samples + frame * MFCC_STRIDE, features);
        if (!SOUND_MEAN_OVER_TIME)
            feed(features, arena + SOUND_BYTES, frame * MFCC_COEFFICIENTS);
        for (uint32_t c = 0; c < MFCC_COEFFICIENTS; c++)
            mean[c] += features[c] / (float)SOUND_FRAMES;
    }
    if (SOUND_MEAN_OVER_TIME)
        feed(mean, arena + SOUND_BYTES, 0);
}

static void network(uint8_t *arena)
{
    network_run(arena + SOUND_BYTES);
}

void (*const model_steps[MODEL_STEPS])(uint8_t *arena) = {front_end, network};

void model_run(uint8_t *arena)
{
    front_end(arena);
    network(arena);
}
