#include "fixed_point.h"
#include "kernels.h"
#include "window.h"

/* sum / count, rounded half away from zero. */
static int32_t rounded_mean(int32_t sum, int32_t count)
{
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

void bw_average_pool_2d_s8(const bw_pool_2d_s8_t *p, const int8_t *in, int8_t *out)
{
    const bw_window_t *w = &p->window;
    for (int32_t y = 0; y < w->out_h; y++) {
        bw_span_t rows = bw_rows(w, y);
        for (int32_t x = 0; x < w->out_w; x++) {
            bw_span_t columns = bw_columns(w, x);
            int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
            for (int32_t c = 0; c < w->in_c; c++) {
                int32_t sum = 0;
                for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
                    for (int32_t k_x = columns.first; k_x < columns.last; k_x++) {
                        int32_t value = in[bw_input_at(w, rows, columns, k_y, k_x) + c];
                        sum += value;
                    }
                }
                *out++ = (int8_t)bw_clamp_s32(rounded_mean(sum, count), p->out_min, p->out_max);
            }
        }
    }
}
