/* Runs the golden vectors of $name; the exit code is 0 if all outputs are as they must be. */
#include <stdio.h>

#include "${name}_golden.h"

static uint8_t arena[${NAME}_ARENA_BYTES] __attribute__((aligned(16)));

int main(void)
{
    int pass = ${name}_golden_pass(arena);
    printf("$name: %d golden vectors %s\n", ${NAME}_GOLDEN_SAMPLES, pass ? "pass" : "FAIL");
    return pass ? 0 : 1;
}
