/* The seam between an image on trial and a chip's watchdog, which resets the chip unless it is fed; implemented by the
 * chip's flash.c.
 *
 * The bootloader starts it before a trial. An image feeds it for what it got done: a command obeyed, an inference ended.
 * Waiting counts only once the image is confirmed. So a trial that hangs, or that nobody can reach, ends by itself. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

/* No less than this passes before it bites: an inference has to end within. */
#define WATCHDOG_S 20

/* Nothing but a reset stops it again. */
void watchdog_start(void);

/* Without effect where it was not started. */
void watchdog_feed(void);

#endif
