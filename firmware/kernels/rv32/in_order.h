/* Sums in the order of the source: the compiler would first make many products, and keep them on the stack. */
#ifndef BW_IN_ORDER_H
#define BW_IN_ORDER_H

#define BW_IN_ORDER(sum) __asm("" : "+r"(sum))

#endif
