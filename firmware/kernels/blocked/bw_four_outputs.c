/* From the sums of four pixels to their outputs. */
#include "blocked/four_pixels.h"
#include "fixed_point.h"

void bw_four_outputs(bw_four_t *job)
{
    const bw_range_t *out = &job->p->out;
    for (int32_t i = BW_PIXELS - 1; i >= 0; i--) {
        int32_t value = bw_requantize(job->sums[i], job->constants[1], -*job->shift);
        job->out[i ? job->offset[i - 1] : 0] = (int8_t)bw_clamp_s32(bw_wrapping_add(value, out->zero), out->min, out->max);
    }
    job->constants += 2;
    job->shift += 1;
    job->out += 1;
}
