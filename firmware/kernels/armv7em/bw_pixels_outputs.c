#include "armv7em/pixels.h"
#include "fixed_point.h"

BW_SMALL void bw_pixels_outputs(bw_pixels_t *job)
{
    const bw_conv_2d_s8_dsp_t *p = job->p;
    int32_t left = p->window.out_c - (int32_t)(2 * ((p->window.out_c + 1) / 2 - job->pairs));
    for (int32_t i = BW_PIXELS - 1; i >= 0; i--) {
        int32_t sums[2] = {job->sums[2 * i + 1], (int32_t)((uint32_t)job->sums[2 * i] - (uint32_t)job->sums[2 * i + 1]) >> 8};
        int8_t *out = job->out + (i ? job->offset[i - 1] : 0);
        for (int32_t o = 0; o < 2 && o < left; o++) {
            int32_t value = bw_requantize(sums[o], job->constants[o], -(int8_t)job->shift[o] - 1);
            out[o] = (int8_t)bw_clamp_s32(bw_wrapping_add(value, p->out.zero), p->out.min, p->out.max);
        }
    }
    job->constants += 2;
    job->shift += 2;
    job->out += 2;
}
