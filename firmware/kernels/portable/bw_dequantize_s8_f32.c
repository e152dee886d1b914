/* From int8 to float32. */
#include "elementwise.h"

void bw_dequantize_s8_f32(const bw_quantize_t *p, const int8_t *in, float *out)
{
    for (int32_t i = 0; i < p->elements; i++)
        out[i] = p->scale * (float)(in[i] - p->zero);
}
