/* From the sums of four pixels and two channels to outputs, where assembly does not do it. */
#include "armv7em/pixels.h"
#include "fixed_point.h"

BW_SMALL void bw_pair_outputs(const bw_conv_2d_s8_dsp_t *p, const int32_t sums[2], int32_t channel, int8_t *out)
{
    int32_t both[2] = {sums[1], (int32_t)((uint32_t)sums[0] - (uint32_t)sums[1]) >> 8};
    for (int32_t o = 0; o < 2 && channel + o < p->window.out_c; o++) {
        int32_t multiplier = p->constants[2 * channel + 2 + o], shift = -(int8_t)p->shift[channel + o] - 1;
        int32_t value = bw_wrapping_add(bw_requantize(both[o], multiplier, shift), p->out.zero);
        out[o] = (int8_t)bw_clamp_s32(value, p->out.min, p->out.max);
    }
}

BW_SMALL void bw_pixels_outputs(bw_pixels_t *job, int8_t *out)
{
    int32_t channel = 2 * ((job->p->window.out_c + 1) / 2 - job->pairs);
    for (int32_t i = BW_PIXELS - 1; i >= 0; i--)
        bw_pair_outputs(job->p, job->sums + 2 * i, channel, out + (i ? job->offset[i - 1] : 0));
}
