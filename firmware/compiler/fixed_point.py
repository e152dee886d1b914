"""The integer arithmetic of kernels/fixed_point.h, for results that are computed at compile time.

The exponential, logistic and hyperbolic tangent are gemmlowp's, whose constants and order of operations define the int8
results of the reference. Qn means a 32-bit number with n integer bits.
"""

_MAX, _MIN = (1 << 31) - 1, -(1 << 31)
# e^-(2^(bit - 2)) in Q0, for bits -2 to 4 of the exponent.
_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def wrap(value: int, bits: int = 32) -> int:
    """Return the value as a two's complement number of that width."""
    half = 1 << (bits - 1)
    return (value + half) % (2 * half) - half


def saturate(value: int, bits: int = 32) -> int:
    """Return the nearest number of that width."""
    return max(-(1 << (bits - 1)), min((1 << (bits - 1)) - 1, value))


def doubling_high_mul(a: int, b: int, bits: int = 32) -> int:
    """Return a * b * 2 / 2^bits, rounded to nearest with ties away from zero upwards, as the kernels do."""
    product = a * b
    nudge = 1 << (bits - 2) if product >= 0 else 1 - (1 << (bits - 2))
    total, unit = product + nudge, 1 << (bits - 1)
    return saturate(total // unit if total >= 0 else -(-total // unit), bits)


def shift_right(x: int, exponent: int) -> int:
    """Return x / 2^exponent, rounded half away from zero."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def requantize(x: int, multiplier: int, shift: int) -> int:
    """Return x * multiplier / 2^31 * 2^shift with two roundings; the left shift wraps."""
    return shift_right(doubling_high_mul(wrap(x << max(shift, 0)), multiplier), max(-shift, 0))


def exp_negative(a: int, integer_bits: int) -> int:
    """Return e^a in Q0 for a <= 0 with that many integer bits, at most 5."""
    if a == 0:
        return _MAX
    quarter = 1 << (29 - integer_bits)
    remainder = (a & (quarter - 1)) - quarter
    multiples = remainder - a
    result = _exp_near_zero(saturate(remainder << integer_bits))
    for bit in range(integer_bits + 2):
        if multiples & (quarter << bit):
            result = doubling_high_mul(result, _POWERS[bit])
    return result


def _exp_near_zero(a: int) -> int:
    """Return e^a for a in [-1/4, 0): fourth-order Taylor series around -1/8."""
    exp_minus_eighth, one_third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3, x4 = doubling_high_mul(x2, x), doubling_high_mul(x2, x2)
    high_terms = shift_right(doubling_high_mul(shift_right(x4, 2) + x3, one_third) + x2, 1)
    return exp_minus_eighth + doubling_high_mul(exp_minus_eighth, x + high_terms)


def _double_reciprocal(a: int) -> int:
    """Return 2 / (1 + a) in Q2 for a in Q0, from 0 to 1: three Newton-Raphson steps."""
    half = (a + _MAX + 1) // 2
    x = 1515870810 + doubling_high_mul(half, -1010580540)
    for _ in range(3):
        x += saturate(doubling_high_mul(x, (1 << 29) - doubling_high_mul(half, x)) << 2)
    return x


def logistic(a: int) -> int:
    """Return 1 / (1 + e^-a) in Q0 for a in Q4."""
    if a == 0:
        return 1 << 30
    positive = saturate(_double_reciprocal(exp_negative(-abs(a), 4)) << 1)
    return positive if a > 0 else _MAX - positive


def tanh(a: int) -> int:
    """Return the hyperbolic tangent in Q0 of a in Q4."""
    if a == 0:
        return 0
    # Read with five integer bits, the same number is twice as large.
    magnitude = saturate((_double_reciprocal(exp_negative(-abs(a), 5)) - (1 << 29)) << 2)
    return magnitude if a > 0 else -magnitude
