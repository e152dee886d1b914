/* From float32 to int8. */
#include "quantize.h"

void bw_quantize_f32_s8(const bw_quantize_t *p, const float *in, int8_t *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = (int8_t)bw_quantize(p, in[i], INT8_MIN, INT8_MAX);
}
