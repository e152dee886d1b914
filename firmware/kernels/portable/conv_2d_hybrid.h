/* Convolutions of float activations, quantized as they come, with int8 weights: for convolve.h and transpose_convolve.h. */
#include "dynamic.h"
#include "fixed_point.h"
#include "kernels.h"

typedef struct {
    const bw_conv_2d_hybrid_t *p;
    bw_dynamic_t in;
} context_t;
typedef int8_t input_t, weight_t;
typedef int32_t sum_t;
typedef float output_t;

static inline int32_t product(const context_t *context, int8_t x, int8_t w)
{
    return (x - context->in.zero) * w;
}

static inline float finish(const context_t *context, int32_t sum, int32_t o)
{
    const bw_conv_2d_hybrid_t *p = context->p;
    float value = (float)sum * (p->scale[o * p->channel_step] * context->in.scale);
    return bw_clamp_f32(value + p->bias[o], p->out_min, p->out_max);
}
