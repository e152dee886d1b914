/* Convolution of float32 inputs and float16 weights on the floating-point unit. */
#include "armv7em/tiles.h"

/* Widening is exact. */
#define ONE_INPUT                                                         \
    "vldmia r2!, {s30, s31}\n"                                            \
    "vldmia r1!, {s16-s19}\n"                                             \
    "vcvtb.f32.f16 s20, s30\n"                                            \
    "vcvtt.f32.f16 s21, s30\n"                                            \
    "vcvtb.f32.f16 s22, s31\n"                                            \
    "vcvtt.f32.f16 s23, s31\n" BW_TILE_MULTIPLY

__attribute__((naked)) static void multiply_tile_f16(bw_tile_t *job)
{
    __asm volatile(BW_TILE_BEGIN BW_TILE_LOOP(ONE_INPUT ONE_INPUT ONE_INPUT ONE_INPUT, ONE_INPUT) BW_TILE_BIAS BW_TILE_END);
}

void bw_conv_2d_f16_fpu(const bw_conv_2d_float_t *p, const float *in, float *out, uint8_t *scratch)
{
    bw_convolve_tiles(p, in, out, scratch, 2, multiply_tile_f16);
}
