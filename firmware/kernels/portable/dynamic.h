/* Quantization of float activations by the range that they have right now, as LiteRT does it for dynamic-range models. */
#ifndef BW_DYNAMIC_H
#define BW_DYNAMIC_H

#include <stdint.h>

/* real value = scale * (quantized - zero) */
typedef struct {
    float scale;
    int32_t zero;
} bw_dynamic_t;

/* Quantizes to -127 … 127 around 0, or to -128 … 127 over the range that includes 0. */
bw_dynamic_t bw_quantize_dynamic(const float *values, int32_t count, int32_t asymmetric, int8_t *quantized);

#endif
