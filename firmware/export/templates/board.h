/* Which board the benchmark calls itself, and its clock. Generated; edit it for another board. */
#ifndef BOARD_H
#define BOARD_H
#define BOARD_NAME "$board"
#define BOARD_CLOCK_HZ $clock
#endif
