/* Where the largest element lies along a dimension, float32. */
#include "reduce.h"

void bw_arg_max_f32(const bw_arg_max_t *p, const float *in, int32_t *out)
{
    for (int32_t i = 0; i < p->outer; i++, in += p->size * p->inner) {
        for (int32_t j = 0; j < p->inner; j++) {
            int32_t best = 0;
            for (int32_t k = 1; k < p->size; k++)
                best = in[k * p->inner + j] > in[best * p->inner + j] ? k : best;
            *out++ = best;
        }
    }
}
