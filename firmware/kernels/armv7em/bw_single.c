#include "armv7em/single.h"

__attribute__((naked)) void bw_single(bw_pixels_t *job, const uint32_t *weights)
{
    __asm volatile(BW_PIXELS_BEGIN
                   "tst r3, #8\n"
                   "beq.w 2f\n"
                   "sub r2, r2, #32\n"
                   "b.w 5f\n"
                   ".balign 4\n"
                   "2:\n" BW_PIXELS_WORD("0", "8") BW_PIXELS_WORD("16", "24")
                   "5:\n" BW_PIXELS_WORD("32", "40") BW_PIXELS_WORD("48", "56")
                   "add.w r2, r2, #64\n" BW_PIXELS_LOOP BW_PIXELS_END);
}
