/* For the C around loops in assembly: longer code is not faster there, and it drives the loops out of the instruction cache. */
#ifndef BW_ARMV7EM_SMALL_H
#define BW_ARMV7EM_SMALL_H

#define BW_SMALL __attribute__((minsize))

#endif
