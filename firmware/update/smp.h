/* The Simple Management Protocol over the console, between the lines of the text protocol: echo, reset, parameters;
 * state of images, upload, erasure. Zephyr, docs: SMP protocol specification, SMP transport over console. */
#ifndef SMP_H
#define SMP_H

#include <stdbool.h>
#include <stdint.h>

/* Takes a byte from the console if it belongs to a frame; answers when one is complete. */
bool smp_take(uint8_t byte);

#endif
