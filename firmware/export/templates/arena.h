/* The tensor arena of $name, unless the application brings its own. Generated. */
#ifndef ${NAME}_ARENA_H
#define ${NAME}_ARENA_H

#include "$name.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

#if CONFIG_${NAME}_ARENA_EXTERNAL || CONFIG_${NAME}_ARENA_INTERNAL
extern uint8_t ${name}_arena[${NAME}_ARENA_BYTES];
#endif

#ifdef __cplusplus
}
#endif

#endif
