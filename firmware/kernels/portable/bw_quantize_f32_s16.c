/* From float32 to int16. */
#include "quantize.h"

void bw_quantize_f32_s16(const bw_quantize_t *p, const float *in, int16_t *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = (int16_t)bw_quantize(p, in[i], INT16_MIN, INT16_MAX);
}
