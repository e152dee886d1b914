/* Softmax in fixed point. Qn below means a 32-bit number with n integer bits. The constants and the order of operations are those
 * of gemmlowp's exponential and reciprocal, which the reference is built on: any other choice would change output bytes. */
#include "fixed_point.h"
#include "kernels.h"

#define DIFFERENCE_INTEGER_BITS 5
#define SUM_INTEGER_BITS 12

/* e^a for a in [-1/4, 0), Q0 in and out: fourth-order Taylor series around -1/8. */
static int32_t exp_near_zero(int32_t a)
{
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t one_third = 715827883;
    int32_t x = a + (1 << 28);
    int32_t x2 = bw_doubling_high_mul(x, x);
    int32_t x3 = bw_doubling_high_mul(x2, x);
    int32_t x4 = bw_doubling_high_mul(x2, x2);
    int32_t high_terms = bw_doubling_high_mul(bw_rounding_shift_right(x4, 2) + x3, one_third) + x2;
    int32_t series = x + bw_rounding_shift_right(high_terms, 1);
    return exp_minus_eighth + bw_doubling_high_mul(exp_minus_eighth, series);
}

/* e^a for a <= 0, Q5 in, Q0 out: a multiple of 1/4, taken from a table of powers, and a remainder. */
static int32_t exp_negative(int32_t a)
{
    static const int32_t power[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    if (a == 0)
        return INT32_MAX;
    int32_t remainder = (a & (quarter - 1)) - quarter;
    int32_t multiples = remainder - a;
    int32_t result = exp_near_zero(bw_saturating_shift_left(remainder, DIFFERENCE_INTEGER_BITS));
    for (int bit = 0; bit < 7; bit++) {
        if (multiples & (quarter << bit))
            result = bw_doubling_high_mul(result, power[bit]);
    }
    return result;
}

/* 1 / (1 + a) for a in [0, 1), Q0 in and out: three Newton-Raphson steps. */
static int32_t reciprocal_of_one_plus(int32_t a)
{
    const int32_t constant_48_over_17 = 1515870810;
    const int32_t constant_minus_32_over_17 = -1010580540;
    const int32_t one_q2 = 1 << 29;
    int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = constant_48_over_17 + bw_doubling_high_mul(half, constant_minus_32_over_17);
    for (int step = 0; step < 3; step++) {
        int32_t error = one_q2 - bw_doubling_high_mul(half, x);
        x += bw_saturating_shift_left(bw_doubling_high_mul(x, error), 2);
    }
    return bw_saturating_shift_left(x, 1);
}

static int32_t exp_of_difference(const bw_softmax_s8_t *p, int32_t difference)
{
    int32_t scaled = (int32_t)((uint32_t)difference << p->left_shift);
    return exp_negative(bw_doubling_high_mul(scaled, p->multiplier));
}

static void softmax_row_s8(const bw_softmax_s8_t *p, const int8_t *in, int8_t *out)
{
    int32_t max = INT8_MIN;
    for (int32_t i = 0; i < p->depth; i++)
        max = in[i] > max ? in[i] : max;
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        if (in[i] - max >= p->min_difference)
            sum += (uint32_t)bw_rounding_shift_right(exp_of_difference(p, in[i] - max), SUM_INTEGER_BITS);
    }
    int headroom = __builtin_clz(sum);
    int32_t fraction = (int32_t)((sum << headroom) - (1u << 31));
    int32_t scale = reciprocal_of_one_plus(fraction);
    /* Above 31, from 512 equal inputs on, every output rounds to zero; what the reference then does is not defined in C. */
    int shift = SUM_INTEGER_BITS - headroom + 31 - 8;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t value = INT8_MIN;
        if (shift <= 31 && in[i] - max >= p->min_difference)
            value += bw_rounding_shift_right(bw_doubling_high_mul(scale, exp_of_difference(p, in[i] - max)), shift);
        out[i] = (int8_t)bw_clamp_s32(value, INT8_MIN, INT8_MAX);
    }
}

void bw_softmax_s8(const bw_softmax_s8_t *p, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth)
        softmax_row_s8(p, in, out);
}
