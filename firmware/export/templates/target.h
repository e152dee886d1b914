/* What the sources of $name expect of a compiler. Included first by each of them.
 *
 * Results are those of the measured images only if a * b + c is rounded twice, as C prescribes without contraction. */
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
$check
