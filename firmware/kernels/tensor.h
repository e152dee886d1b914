/* Where a generated model keeps its inputs and outputs, and what their elements mean. */
#ifndef BW_TENSOR_H
#define BW_TENSOR_H

#include <stdint.h>

typedef enum { BW_FLOAT32, BW_INT8, BW_UINT8, BW_INT16, BW_INT32, BW_INT64 } bw_type_t;

/* offset: bytes from the start of the arena; real value = scale * (element - zero_point); scale is 0 when not quantized. */
typedef struct {
    uint32_t offset;
    uint32_t elements;
    bw_type_t type;
    float scale;
    int32_t zero_point;
} bw_tensor_t;

static inline uint32_t bw_tensor_bytes(const bw_tensor_t *tensor)
{
    static const uint8_t sizes[] = {4, 1, 1, 2, 4, 8};
    return tensor->elements * sizes[tensor->type];
}

#endif
