/* Reading the words and numbers of a command. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stdint.h>

bool equal(const char *a, const char *b);

/* Returns what follows `prefix` in `text`, or NULL if text starts otherwise. */
const char *after(const char *prefix, const char *text);

/* Reads a decimal number at *text and steps past it and the blanks around it; false if there is none. */
bool take_number(const char **text, uint32_t *number);

/* Returns the value of a hexadecimal digit of either case, or -1. */
int hex_digit(char c);

#endif
