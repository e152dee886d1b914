/* Text over the port: commands in, reply lines out. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

/* Longest command, including the final NUL: the size that MLPerf Tiny gives its buffer. */
#define COMMAND_BYTES 80

/* Reads up to the next '%' and returns the length, or -1 if the command was too long and has been dropped. Line ends are skipped. */
int read_command(char command[COMMAND_BYTES]);

void say(const char *text);
void say_number(uint64_t value);
/* Two lower-case hexadecimal digits. */
void say_hex(uint8_t byte);
/* Three decimals, rounded to nearest, as "-0.125"; "nan" or "inf" for what is not a number below a million. */
void say_real(float value);
void end_line(void);
void say_line(const char *text);
/* A number behind its tag, such as "m-arena-bytes-", in a line of its own. */
void say_tagged(const char *tag, uint64_t value);
/* The protocol's line of an error, "e-[...]", from two halves. */
void say_error(const char *reason, const char *what);

/* Eight hexadecimal digits. */
void say_word(uint32_t word);

/* Says "m-crc-" and the CRC-32 of everything said since begin_answer, in a line of its own. */
void begin_answer(void);
void say_crc(void);

#endif
