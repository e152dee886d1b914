/* What an image in the field tells of itself when asked: docs/deploy.md has the line's fields. */
#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#include <stdint.h>

/* Takes note of an inference of so many cycles, whose outputs are still in the arena. */
void observe_inference(uint32_t cycles);

void say_heartbeat(void);

#endif
