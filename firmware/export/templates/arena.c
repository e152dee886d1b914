/* The tensor arena of $name, where the configuration puts it. Generated. */
#include "${name}_arena.h"

#include "esp_attr.h"

#if CONFIG_${NAME}_ARENA_EXTERNAL
EXT_RAM_BSS_ATTR uint8_t ${name}_arena[${NAME}_ARENA_BYTES] __attribute__((aligned(16)));
#elif CONFIG_${NAME}_ARENA_INTERNAL
uint8_t ${name}_arena[${NAME}_ARENA_BYTES] __attribute__((aligned(16)));
#endif
