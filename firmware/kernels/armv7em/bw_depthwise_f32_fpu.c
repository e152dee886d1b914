/* Depthwise convolution of float32 on the floating-point unit. */
typedef float weight_t;

#include "armv7em/depthwise.h"

void bw_depthwise_f32_fpu(const bw_depthwise_float_t *p, const float *in, float *out)
{
    depthwise(p, in, out);
}
