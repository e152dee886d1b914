/* Averages over a sliding window, float32. */
#include "fixed_point.h"
#include "kernels.h"
#include "window.h"

typedef bw_pool_2d_f32_t params_t;
typedef float input_t;

static inline float pooled(const params_t *p, const float *channel, bw_span_t rows, bw_span_t columns)
{
    float sum = 0;
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        for (int32_t k_x = columns.first; k_x < columns.last; k_x++)
            sum += channel[bw_input_at(&p->window, rows, columns, k_y, k_x)];
    }
    int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
    return bw_clamp_f32(sum / (float)count, p->out_min, p->out_max);
}

#include "pool.h"

void bw_average_pool_2d_f32(const params_t *p, const float *in, float *out)
{
    pool(p, in, out);
}
