/* float32 convolutions with float16 weights: types and arithmetic for convolve.h and transpose_convolve.h. */
#include "fixed_point.h"
#include "half.h"
#include "kernels.h"

typedef bw_conv_2d_f16_t context_t;
typedef float input_t, sum_t, output_t;
typedef uint16_t weight_t;

static inline float product(const context_t *p, float x, uint16_t w)
{
    (void)p;
    return x * bw_half_to_float(w);
}

static inline float finish(const context_t *p, float sum, int32_t o)
{
    return bw_clamp_f32(sum + p->bias[o], p->out_min, p->out_max);
}
