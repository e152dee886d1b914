/* Arithmetic that GCC calls by name and Debian's libgcc for the LX106 leaves out, because the ESP8266 has it in ROM:
 * products and quotients of integers, and float32 sums, products and conversions (IEEE 754, round to nearest, ties to
 * even). */
#include <stdint.h>

#define SIGN 0x80000000u
#define INFINITY_BITS 0x7F800000u
#define NAN_BITS 0x7FC00000u
#define EXPONENT_BIAS 127

uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);
uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);
float __addsf3(float a, float b);
float __subsf3(float a, float b);
float __mulsf3(float a, float b);
float __floatsisf(int32_t value);
float __floatunsisf(uint32_t value);
uint32_t __fixunssfsi(float value);

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    uint32_t a_low = a & 0xFFFFu, a_high = a >> 16, b_low = b & 0xFFFFu, b_high = b >> 16;
    uint32_t low = a_low * b_low, middle = a_high * b_low + (low >> 16);
    uint32_t other = a_low * b_high + (middle & 0xFFFFu);
    uint32_t high = a_high * b_high + (middle >> 16) + (other >> 16);
    return (uint64_t)high << 32 | (other << 16 | (low & 0xFFFFu));
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    uint32_t across = (uint32_t)(a >> 32) * (uint32_t)b + (uint32_t)a * (uint32_t)(b >> 32);
    return __umulsidi3((uint32_t)a, (uint32_t)b) + ((uint64_t)across << 32);
}

/* Long division, one bit at a time from the first one that counts; a divisor of 0 gives all ones. */
#define DIVIDE(bits, type, leading)                                                                                    \
    static type divide_##bits(type a, type b, type *remainder)                                                         \
    {                                                                                                                  \
        type quotient = 0, rest = a;                                                                                   \
        if (b && b <= a) {                                                                                             \
            int shift = leading(b) - leading(a);                                                                       \
            for (type step = b << shift; shift >= 0; shift--, step >>= 1) {                                            \
                quotient <<= 1;                                                                                        \
                if (rest >= step) {                                                                                    \
                    rest -= step;                                                                                      \
                    quotient |= 1u;                                                                                    \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        *remainder = rest;                                                                                             \
        return b ? quotient : (type)-1;                                                                                \
    }
DIVIDE(32, uint32_t, __builtin_clz)
DIVIDE(64, uint64_t, __builtin_clzll)

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t remainder;
    return divide_32(a, b, &remainder);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    uint32_t remainder;
    divide_32(a, b, &remainder);
    return remainder;
}

int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t quotient = __udivsi3(a < 0 ? 0u - (uint32_t)a : (uint32_t)a, b < 0 ? 0u - (uint32_t)b : (uint32_t)b);
    return (int32_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t remainder;
    return divide_64(a, b, &remainder);
}

int64_t __divdi3(int64_t a, int64_t b)
{
    uint64_t quotient = __udivdi3(a < 0 ? 0u - (uint64_t)a : (uint64_t)a, b < 0 ? 0u - (uint64_t)b : (uint64_t)b);
    return (int64_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float of_bits(uint32_t bits)
{
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

/* Shifts right; bits that fall out leave a one in the last place, so that rounding still sees them. */
static uint32_t shift_sticky(uint32_t value, uint32_t count)
{
    if (count == 0)
        return value;
    return count > 31 ? value != 0 : value >> count | ((value << (32 - count)) != 0);
}

/* The number fraction * 2^(exponent - EXPONENT_BIAS - 30), rounded; `fraction` is not 0 and `exponent` any. */
static float rounded(uint32_t sign, int32_t exponent, uint32_t fraction)
{
    if (fraction & SIGN) {
        fraction = shift_sticky(fraction, 1);
        exponent++;
    }
    int shift = __builtin_clz(fraction) - 1;
    fraction <<= shift;
    exponent -= shift;
    if (exponent >= 255)
        return of_bits(sign | INFINITY_BITS);
    if (exponent <= 0) {
        fraction = shift_sticky(fraction, (uint32_t)(1 - exponent)); /* a subnormal, whose field is 0 */
        exponent = 1;
    }
    uint32_t significand = (fraction + 0x3Fu + (fraction >> 7 & 1u)) >> 7;
    return of_bits(sign | (((uint32_t)(exponent - 1) << 23) + significand)); /* its leading bit, or a carry, adds to the field */
}

static int32_t exponent_of(uint32_t bits)
{
    uint32_t field = bits >> 23 & 255u;
    return field ? (int32_t)field : 1;
}

/* Leading bit of a normal number at bit 30. */
static uint32_t fraction_of(uint32_t bits)
{
    uint32_t hidden = bits & INFINITY_BITS ? 1u << 23 : 0u;
    return ((bits & 0x7FFFFFu) | hidden) << 7;
}

static uint32_t is_nan(uint32_t bits)
{
    return (bits & ~SIGN) > INFINITY_BITS;
}

float __addsf3(float a, float b)
{
    uint32_t x = bits_of(a), y = bits_of(b);
    if ((x & ~SIGN) < (y & ~SIGN)) {
        uint32_t larger = y;
        y = x;
        x = larger;
    }
    if ((x & ~SIGN) >= INFINITY_BITS) {
        uint32_t undefined = is_nan(x) || ((y & ~SIGN) == INFINITY_BITS && x != y);
        return of_bits(undefined ? NAN_BITS : x);
    }
    uint32_t part = shift_sticky(fraction_of(y), (uint32_t)(exponent_of(x) - exponent_of(y)));
    uint32_t fraction = (x ^ y) & SIGN ? fraction_of(x) - part : fraction_of(x) + part;
    if (fraction == 0)
        return of_bits(x & y & SIGN); /* x - x is +0 */
    return rounded(x & SIGN, exponent_of(x), fraction);
}

float __subsf3(float a, float b)
{
    return __addsf3(a, of_bits(bits_of(b) ^ SIGN));
}

float __mulsf3(float a, float b)
{
    uint32_t x = bits_of(a), y = bits_of(b), sign = (x ^ y) & SIGN;
    uint32_t zero = !(x & ~SIGN) || !(y & ~SIGN);
    if (is_nan(x) || is_nan(y))
        return of_bits(NAN_BITS);
    if ((x & ~SIGN) == INFINITY_BITS || (y & ~SIGN) == INFINITY_BITS)
        return of_bits(zero ? NAN_BITS : sign | INFINITY_BITS);
    if (zero)
        return of_bits(sign);
    uint32_t u = fraction_of(x), v = fraction_of(y);
    int u_shift = __builtin_clz(u), v_shift = __builtin_clz(v); /* up to bit 31: no bit of the product is lost below 32 */
    uint64_t product = __umulsidi3(u << u_shift, v << v_shift);
    uint32_t fraction = (uint32_t)(product >> 32) | ((uint32_t)product != 0);
    return rounded(sign, exponent_of(x) + exponent_of(y) - EXPONENT_BIAS + 2 - u_shift - v_shift, fraction);
}

float __floatunsisf(uint32_t value)
{
    return value ? rounded(0, EXPONENT_BIAS + 30, value) : 0.0f;
}

float __floatsisf(int32_t value)
{
    uint32_t sign = value < 0 ? SIGN : 0, size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    return value ? rounded(sign, EXPONENT_BIAS + 30, size) : 0.0f;
}

/* Towards zero; what is negative or no number gives 0, what is too large the largest. */
uint32_t __fixunssfsi(float value)
{
    uint32_t bits = bits_of(value);
    int32_t exponent = exponent_of(bits) - EXPONENT_BIAS;
    if (bits & SIGN || is_nan(bits) || exponent < 0)
        return 0;
    return exponent > 31 ? UINT32_MAX : fraction_of(bits) << 1 >> (31 - exponent);
}
