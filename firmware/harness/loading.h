/* The commands that fill the input buffer and say what is in it. */
#ifndef LOADING_H
#define LOADING_H

void command_db(const char *arguments);
void command_input(const char *arguments);

#endif
