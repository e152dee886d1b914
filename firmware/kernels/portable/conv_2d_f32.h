/* float32 convolutions: types and arithmetic for convolve.h and transpose_convolve.h. */
#include "fixed_point.h"
#include "kernels.h"

typedef bw_conv_2d_f32_t context_t;
typedef float input_t, weight_t, sum_t, output_t;

static inline float product(const context_t *p, float x, float w)
{
    (void)p;
    return x * w;
}

static inline float finish(const context_t *p, float sum, int32_t o)
{
    return bw_clamp_f32(sum + p->bias[o], p->out_min, p->out_max);
}
