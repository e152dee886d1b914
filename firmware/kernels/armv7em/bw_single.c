#include "armv7em/single.h"

/* Sixteen inputs a round; what is over comes first, by an entry in the middle. */
__attribute__((naked)) void bw_single(bw_pixels_t *job, const uint32_t *weights)
{
    __asm volatile(BW_PIXELS_BEGIN
                   "ands r3, r3, #24\n"
                   "beq.w 2f\n"
                   "sub r2, r2, #128\n"
                   "add r2, r2, r3, lsl #2\n"
                   "cmp r3, #16\n"
                   "blo.w 7f\n"
                   "beq.w 6f\n"
                   "b.w 5f\n"
                   ".balign 4\n"
                   "2:\n"
                   BW_PIXELS_WORD("0", "8") BW_PIXELS_WORD("16", "24")
                   "5:\n"
                   BW_PIXELS_WORD("32", "40") BW_PIXELS_WORD("48", "56")
                   "6:\n"
                   BW_PIXELS_WORD("64", "72") BW_PIXELS_WORD("80", "88")
                   "7:\n"
                   BW_PIXELS_WORD("96", "104") BW_PIXELS_WORD("112", "120")
                   "add.w r2, r2, #128\n" BW_PIXELS_LOOP BW_PIXELS_END);
}
