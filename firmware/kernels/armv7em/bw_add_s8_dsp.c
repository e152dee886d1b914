/* Addition of int8 tensors of one shape, four elements at a time. */
#include "armv7em/add_s8.h"
#include "fixed_point.h"

/* Inputs are shifted left by 20, and halved by the multiplier. */
enum { HALF_SHIFT = 19 };

/* (doubled * multiplier / 2^32, rounded, + rounding - (doubled < 0)) / 2^shift, where rounding has half of 2^shift. */
static inline int32_t scale(int32_t doubled, int32_t multiplier, int32_t rounding, int32_t shift)
{
    int32_t value;
    rounding += doubled >> 31;
    __asm("smmlar %0, %1, %2, %3" : "=r"(value) : "r"(doubled), "r"(multiplier), "r"(rounding));
    return value >> shift;
}

static inline __attribute__((always_inline)) int32_t add_one(const bw_add_s8_dsp_t *p, int32_t a, int32_t b, int equal, int whole)
{
    a -= p->a_zero;
    b -= p->b_zero;
    int32_t scaled = equal ? a * (1 << HALF_SHIFT)
                           : scale(a * (1 << (HALF_SHIFT + 2)), p->a_multiplier, 1 << p->a_shift, p->a_shift + 1);
    int32_t sum = scaled + b * (1 << HALF_SHIFT);
    int32_t value = scale(2 * sum, p->out_multiplier, p->out_rounding, p->out_shift + 1);
    return whole ? bw_clamp_s32(value, INT8_MIN, INT8_MAX) : bw_clamp_s32(value, p->out_min, p->out_max);
}

static inline __attribute__((always_inline)) void add_all(const bw_add_s8_dsp_t *p, const int8_t *a, const int8_t *b, int8_t *out,
                                                          int equal, int whole)
{
    const bw_add_s8_dsp_t local = *p;
    const int8_t *end = out + local.elements;
    for (; end - out >= 4; a += 4, b += 4, out += 4) {
        uint32_t four_a, four_b, result = 0;
        __builtin_memcpy(&four_a, a, 4);
        __builtin_memcpy(&four_b, b, 4);
        for (int i = 0; i < 4; i++) {
            int32_t value = add_one(&local, (int8_t)(four_a >> 8 * i), (int8_t)(four_b >> 8 * i), equal, whole);
            result |= (uint32_t)(value & 0xFF) << 8 * i;
        }
        __builtin_memcpy(out, &result, 4);
    }
    for (; out < end; out++)
        *out = (int8_t)add_one(&local, *a++, *b++, equal, whole);
}

void bw_add_s8_dsp(const bw_add_s8_dsp_t *p, const int8_t *a, const int8_t *b, int8_t *out)
{
    int whole = p->out_min == INT8_MIN && p->out_max == INT8_MAX;
    if (whole && p->a_shift >= 0)
        add_all(p, a, b, out, 0, 1);
    else if (p->a_shift >= 0)
        add_all(p, a, b, out, 0, 0);
    else
        add_all(p, a, b, out, 1, 0);
}
