/* Depthwise convolution of float32 inputs and float16 weights on the floating-point unit. */
typedef __fp16 weight_t;

#include "armv7em/depthwise.h"

void bw_depthwise_f16_fpu(const bw_depthwise_float_t *p, const float *in, float *out)
{
    depthwise(p, in, out);
}
