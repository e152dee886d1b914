/* Transposed convolution, int8 weights, float32 activations quantized on the fly. */
#include "conv_2d_hybrid.h"
#include "transpose_convolve.h"

void bw_transpose_conv_hybrid(const bw_conv_2d_hybrid_t *p, const float *in, float *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->shape.window;
    int8_t *quantized = (int8_t *)scratch;
    int32_t elements = w->in_h * w->in_w * w->in_c;
    context_t context = {p, bw_quantize_dynamic(in, elements, p->asymmetric, quantized)};
    transpose_convolve(&p->shape, &context, p->weights, quantized, out);
}
