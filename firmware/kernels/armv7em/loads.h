/* Where loads stand in loops of multiplications. The outputs are the same.
 *
 * A Cortex-M7 loads beside multiplications, two of them before a loaded word is a factor, and a Cortex-M33 loads as well there as
 * elsewhere. A Cortex-M4, the one without FPv5, overlaps loads with nothing but each other. */
#ifndef BW_ARMV7EM_LOADS_H
#define BW_ARMV7EM_LOADS_H

#if defined __ARM_FPV5__ || __ARM_ARCH >= 8
#define BW_BESIDE(load) load
#define BW_TOGETHER(load) ""
#else
#define BW_BESIDE(load) ""
#define BW_TOGETHER(load) load
#endif

#endif
