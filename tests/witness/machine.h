/* What a witness's machine does beside the port: ends the emulation, where it is one that can. */
#ifndef MACHINE_H
#define MACHINE_H

void leave(void);

#endif
