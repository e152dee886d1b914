/* Fully connected layer of float32 inputs and float16 weights on the floating-point unit. */
#include "armv7em/columns.h"

/* Two weights are widened at a time, which is exact. */
#define WIDEN(even, odd, both)                                            \
    "vcvtb.f32.f16 " even ", " both "\n"                                  \
    "vcvtt.f32.f16 " odd ", " both "\n"
#define EIGHT_WEIGHTS                                                     \
    "vldmia r2!, {s28-s31}\n" WIDEN("s16", "s17", "s28") WIDEN("s18", "s19", "s29") WIDEN("s20", "s21", "s30") WIDEN("s22", "s23", "s31")

__attribute__((naked)) static void multiply_columns_f16(bw_tile_t *job)
{
    __asm volatile(BW_TILE_BEGIN BW_COLUMNS_LOOP(EIGHT_WEIGHTS) BW_COLUMNS_BIAS BW_TILE_END);
}

void bw_fully_connected_f16_fpu(const bw_fully_connected_float_t *p, const float *in, float *out)
{
    bw_multiply_columns(p, in, out, 2, multiply_columns_f16);
}
