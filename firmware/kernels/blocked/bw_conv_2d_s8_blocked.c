/* Convolution of int8 with one group, for cores without SIMD. */
#include "blocked/four_pixels.h"
#include "portable/window.h"

/* Where the next input goes, and by how many words it moves then: 1 and 3 in turn. */
typedef struct {
    uint32_t *to;
    int32_t step;
} place_t;

static inline void put(place_t *place, int32_t x0, int32_t x1, int32_t x2, int32_t x3)
{
    place->to[0] = (uint32_t)x0 + ((uint32_t)x1 << 16);
    place->to[2] = (uint32_t)x2 + ((uint32_t)x3 << 16);
    place->to += place->step;
    place->step = 4 - place->step;
}

/* `count` inputs that lie side by side in each pixel, at the same place in all four. */
static void expand(place_t *at, const int8_t *const from[BW_PIXELS], int32_t count)
{
    const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
    int32_t i = 0;
    if (at->step == 1) {
        uint32_t *to = at->to;
        for (; i < count - 1; i += 2, to += 4) {
            to[0] = (uint32_t)a[i] + ((uint32_t)b[i] << 16);
            to[2] = (uint32_t)c[i] + ((uint32_t)d[i] << 16);
            to[1] = (uint32_t)a[i + 1] + ((uint32_t)b[i + 1] << 16);
            to[3] = (uint32_t)c[i + 1] + ((uint32_t)d[i + 1] << 16);
        }
        at->to = to;
    }
    for (; i < count; i++)
        put(at, a[i], b[i], c[i], d[i]);
}

/* One tap where some pixels lie outside the input: null instead of an address. */
static void expand_edge(place_t *at, const int8_t *const from[BW_PIXELS], int32_t count, int32_t zero)
{
    for (int32_t i = 0; i < count; i++) {
        int32_t x[BW_PIXELS];
        for (int j = 0; j < BW_PIXELS; j++)
            x[j] = from[j] ? from[j][i] : zero;
        put(at, x[0], x[1], x[2], x[3]);
    }
}

typedef struct {
    int32_t y, x; /* of the window's first tap in the input */
} origin_t;

static inline int inside(const bw_window_t *w, const origin_t *at, int32_t y, int32_t x)
{
    return at->y + y >= 0 && at->y + y < w->in_h && at->x + x >= 0 && at->x + x < w->in_w;
}

/* The windows of four pixels; what is left up to a multiple of four inputs has weights of 0. */
static void gather(const bw_conv_2d_s8_blocked_t *p, const int8_t *in, const origin_t at[BW_PIXELS], uint32_t *to)
{
    const bw_window_t *w = &p->window;
    place_t place = {to, 1};
    int32_t last_y = (w->k_h - 1) * w->dilation_h, last_x = (w->k_w - 1) * w->dilation_w, all = 1;
    for (int i = 0; i < BW_PIXELS; i++)
        all &= inside(w, &at[i], 0, 0) && inside(w, &at[i], last_y, last_x);
    int whole = all && w->dilation_w == 1; /* a row of taps lies side by side in the input too */
    int32_t run = whole ? w->k_w * w->in_c : w->in_c;
    for (int32_t y = 0; y <= last_y; y += w->dilation_h) {
        for (int32_t x = 0; x <= last_x; x += whole ? last_x + 1 : w->dilation_w) {
            const int8_t *from[BW_PIXELS];
            int missing = 0;
            for (int i = 0; i < BW_PIXELS; i++) {
                int here = all || inside(w, &at[i], y, x);
                from[i] = here ? in + ((at[i].y + y) * w->in_w + at[i].x + x) * w->in_c : 0;
                missing |= !here;
            }
            if (missing)
                expand_edge(&place, from, run, p->in_zero);
            else
                expand(&place, from, run);
        }
    }
    for (uint32_t *end = to + 2 * p->channel_bytes; place.to < end;)
        put(&place, 0, 0, 0, 0);
}

void bw_conv_2d_s8_blocked(const bw_conv_2d_s8_blocked_t *p, const int8_t *in, int8_t *out, uint8_t *scratch)
{
    const bw_window_t *w = &p->window;
    uint32_t *expanded = (uint32_t *)(void *)scratch;
    int32_t pixels = w->out_h * w->out_w, x = w->backward ? w->out_w - 1 : 0, y = w->backward ? w->out_h - 1 : 0;
    for (int32_t left = pixels; left > 0; left -= BW_PIXELS) {
        int32_t count = left < BW_PIXELS ? left : BW_PIXELS;
        int8_t *first = out + (w->backward ? left - count : pixels - left) * w->out_c;
        origin_t at[BW_PIXELS];
        bw_four_t job;
        for (int32_t i = 0; i < BW_PIXELS; i++) {
            int32_t pixel = w->backward ? count - 1 - i : i;
            if (i >= count) {
                at[i] = at[0];
                continue;
            }
            at[pixel].y = y * w->stride_h - w->pad_h;
            at[pixel].x = x * w->stride_w - w->pad_w;
            x += w->backward ? -1 : 1;
            if (x < 0 || x == w->out_w) {
                x = w->backward ? w->out_w - 1 : 0;
                y += w->backward ? -1 : 1;
            }
        }
        gather(p, in, at, expanded);
        job.in = expanded;
        job.weights = p->weights;
        job.channel_bytes = p->channel_bytes;
        job.constants = p->constants;
        job.shift = p->shift;
        job.out = first;
        for (int32_t i = 1; i < BW_PIXELS; i++)
            job.offset[i - 1] = i < count ? i * w->out_c : 0;
        job.rounding = 2 * p->out.zero + 1;
        job.channels = w->out_c;
        job.plain = p->plain;
        job.p = p;
        bw_four_pixels(&job);
    }
}
