#include "fixed_point.h"
#include "kernels.h"
#include "window.h"

void bw_average_pool_2d_f32(const bw_pool_2d_f32_t *p, const float *in, float *out)
{
    const bw_window_t *w = &p->window;
    for (int32_t y = 0; y < w->out_h; y++) {
        bw_span_t rows = bw_rows(w, y);
        for (int32_t x = 0; x < w->out_w; x++) {
            bw_span_t columns = bw_columns(w, x);
            int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
            for (int32_t c = 0; c < w->in_c; c++) {
                float sum = 0.0f;
                for (int32_t k_y = rows.first; k_y < rows.last; k_y++) {
                    for (int32_t k_x = columns.first; k_x < columns.last; k_x++) {
                        float value = in[bw_input_at(w, rows, columns, k_y, k_x) + c];
                        sum += value;
                    }
                }
                *out++ = bw_clamp_f32(sum / (float)count, p->out_min, p->out_max);
            }
        }
    }
}
