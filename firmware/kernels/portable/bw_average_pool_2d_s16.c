/* Averages over a sliding window, int16. */
#include "fixed_point.h"
#include "kernels.h"
#include "window.h"

typedef bw_pool_2d_quantized_t params_t;
typedef int16_t input_t;

static inline int16_t pooled(const params_t *p, const int16_t *channel, bw_span_t rows, bw_span_t columns)
{
    int32_t sum = 0;
    for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
        for (int32_t k_x = columns.first; k_x < columns.last; k_x++)
            sum += channel[bw_input_at(&p->window, rows, columns, k_y, k_x)];
    }
    int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
    return (int16_t)bw_clamp_s32(bw_rounded_mean(sum, count), p->out_min, p->out_max);
}

#include "pool.h"

void bw_average_pool_2d_s16(const params_t *p, const int16_t *in, int16_t *out)
{
    pool(p, in, out);
}
