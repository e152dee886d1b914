/* Convolution of float32 on the floating-point unit. */
#include "armv7em/tiles.h"

__attribute__((naked)) static void multiply_tile_f32(bw_tile_t *job)
{
    __asm volatile(BW_TILE_BEGIN BW_TILE_INPUTS("vldmia r2!, {s20-s27}\n", "vldmia r2!, {s20-s23}\n") BW_TILE_BIAS BW_TILE_END);
}

void bw_conv_2d_f32_fpu(const bw_conv_2d_float_t *p, const float *in, float *out, uint8_t *scratch)
{
    bw_convolve_tiles(p, in, out, scratch, 4, multiply_tile_f32);
}
