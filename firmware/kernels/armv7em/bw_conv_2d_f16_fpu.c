/* Convolution of float32 inputs and float16 weights on the floating-point unit. */
#include "armv7em/tiles.h"

/* Widening is exact. */
#define WIDEN_TWO(even, odd, both)                                        \
    "vcvtb.f32.f16 " even ", " both "\n"                                  \
    "vcvtt.f32.f16 " odd ", " both "\n"
#define WIDEN_FOUR WIDEN_TWO("s20", "s21", "s28") WIDEN_TWO("s22", "s23", "s29")

__attribute__((naked)) static void multiply_tile_f16(bw_tile_t *job)
{
    __asm volatile(BW_TILE_BEGIN
                   BW_TILE_INPUTS("vldmia r2!, {s28-s31}\n" WIDEN_FOUR WIDEN_TWO("s24", "s25", "s30") WIDEN_TWO("s26", "s27", "s31"),
                                  "vldmia r2!, {s28, s29}\n" WIDEN_FOUR)
                   BW_TILE_BIAS BW_TILE_END);
}

void bw_conv_2d_f16_fpu(const bw_conv_2d_float_t *p, const float *in, float *out, uint8_t *scratch)
{
    bw_convolve_tiles(p, in, out, scratch, 2, multiply_tile_f16);
}
