/* Reading the words and numbers of a command. */
#include "text.h"

#include <stddef.h>

bool equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const char *after(const char *prefix, const char *text)
{
    while (*prefix) {
        if (*prefix++ != *text++)
            return NULL;
    }
    return text;
}

bool take_number(const char **text, uint32_t *number)
{
    const char *c = *text;
    uint32_t value = 0;
    while (*c == ' ')
        c++;
    if (*c < '0' || *c > '9')
        return false;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (value > 99999999u)
            return false;
        value = value * 10 + (uint32_t)(*c - '0');
    }
    while (*c == ' ')
        c++;
    *text = c;
    *number = value;
    return true;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
