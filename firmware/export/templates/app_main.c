/* Runs the golden vectors of $name and prints how many microseconds one run takes. */
#include <stdio.h>

#include "${name}_arena.h"
#include "${name}_golden.h"
#include "esp_timer.h"

void app_main(void)
{
    printf("$name: golden vectors %s\n", ${name}_golden_pass(${name}_arena) ? "pass" : "FAIL");
    ${name}_golden_load(${name}_arena, 0);
    int64_t start_us = esp_timer_get_time();
    ${name}_run(${name}_arena);
    printf("$name: %lld us\n", (long long)(esp_timer_get_time() - start_us));
}
