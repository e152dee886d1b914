/* What an image in a slot tells of itself and of the other, as text. */
#ifndef REPORT_H
#define REPORT_H

void say_slots(void);

#endif
