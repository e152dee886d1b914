/* The commands that run the model and say what came out and how long it took. */
#ifndef RUNNING_H
#define RUNNING_H

void command_timestamp(const char *arguments);
void command_infer(const char *arguments);
void command_layers(const char *arguments);
void command_results(const char *arguments);
void command_output(const char *arguments);

#endif
