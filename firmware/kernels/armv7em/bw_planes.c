/* A channel's input as planes of 16 bits, and outputs where assembly does not make them. */
#include "armv7em/planes.h"
#include "fixed_point.h"

BW_SMALL void bw_plane_outputs(bw_plane_t *job)
{
    const bw_range_t *out = &job->p->out;
    for (int32_t i = 0; i < 4; i++) {
        int32_t value = bw_requantize(job->sums[i] / 2, (int32_t)job->channel[4], job->shift);
        job->sums[i] = bw_clamp_s32(bw_wrapping_add(value, out->zero), out->min, out->max);
    }
}

static inline uint32_t two_channels(const int8_t *at)
{
    return *(const uint16_t *)(const void *)at;
}

static inline void expand(uint32_t both, uint32_t *even, uint32_t *odd)
{
    __asm("sxtb16 %0, %1" : "=r"(*even) : "r"(both));
    __asm("sxtb16 %0, %1, ror #8" : "=r"(*odd) : "r"(both));
}

/* Elements outside come from `padding`, without a step to the next row. */
void bw_expand_planes(const bw_depthwise_3x3_s8_t *p, const int8_t *in, uint32_t *planes)
{
    const bw_window_t *w = &p->window;
    _Alignas(2) const int8_t padding[2] = {(int8_t)p->in_zero, (int8_t)p->in_zero};
    int32_t step = w->in_w * w->in_c, first = w->pad_h, last = first + w->in_h < p->rows ? first + w->in_h : p->rows;
    for (int32_t column = 0; column < p->columns; column++, planes += p->rows) {
        int32_t left = 2 * column - w->pad_w, right = left + 1;
        int in_left = left >= 0 && left < w->in_w, in_right = right >= 0 && right < w->in_w;
        if (!in_left && !in_right)
            continue;
        const int8_t *a = in_left ? in + left * w->in_c : padding, *b = in_right ? in + right * w->in_c : padding;
        int32_t step_a = in_left ? step : 0, step_b = in_right ? step : 0;
        uint32_t *even = planes + first, *odd = even + p->rows * p->columns, *end = planes + last;
        for (; end - even >= 2; even += 2, odd += 2, a += 2 * step_a, b += 2 * step_b) {
            uint32_t one = two_channels(a) | two_channels(b) << 16, next = two_channels(a + step_a) | two_channels(b + step_b) << 16;
            expand(one, even, odd);
            expand(next, even + 1, odd + 1);
        }
        if (even < end)
            expand(two_channels(a) | two_channels(b) << 16, even, odd);
    }
}

BW_SMALL void bw_depthwise_planes(const bw_depthwise_3x3_s8_t *p, const int8_t *in, int8_t *out, uint8_t *scratch,
                         void multiply(bw_plane_t *job))
{
    const bw_window_t *w = &p->window;
    uint32_t *planes = (uint32_t *)(void *)scratch;
    for (int32_t i = 0; i < 2 * p->rows * p->columns; i++)
        planes[i] = (uint32_t)(p->in_zero & 0xFFFF) * 0x10001u;
    for (int32_t c = 0; c < w->in_c; c++) {
        if (c % 2 == 0)
            bw_expand_planes(p, in + c, planes);
        bw_plane_t job;
        job.plane = planes + c % 2 * p->rows * p->columns;
        job.column_bytes = 4 * p->rows;
        job.out = out + c;
        job.pixel_bytes = w->out_c;
        job.row_bytes = w->out_w * w->out_c;
        job.out_w = w->out_w;
        job.out_h = w->out_h;
        job.channel = p->channels + 5 * c;
        job.rounding = 2 * p->out.zero + 1;
        job.shift = p->shift[c];
        job.p = p;
        multiply(&job);
    }
}
