/* Fully connected layer of float32 on the floating-point unit. */
#include "armv7em/columns.h"

__attribute__((naked)) static void multiply_columns_f32(bw_tile_t *job)
{
    __asm volatile(BW_TILE_BEGIN BW_COLUMNS_LOOP("vldmia r2!, {s16-s23}\n") BW_COLUMNS_BIAS BW_TILE_END);
}

void bw_fully_connected_f32_fpu(const bw_fully_connected_float_t *p, const float *in, float *out)
{
    bw_multiply_columns(p, in, out, 4, multiply_columns_f32);
}
