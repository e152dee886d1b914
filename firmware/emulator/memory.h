/* The memories that keep the core waiting; see memory.c. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct memory memory;

/* A line that a block needs `needed` cycles after its beginning, and for which the core asks `asked` cycles after it. */
typedef struct {
    uint32_t line, asked, needed;
} fetch;

struct geometry {
    uint32_t line_bytes, line_count, prefetch;
    uint32_t instruction_sets, instruction_ways; /* no ways: no cache */
    uint32_t data_sets, data_ways;
    uint32_t shared;
};

/* NULL when there is no memory left. */
memory *memory_new(const struct geometry *geometry);
void memory_free(memory *self);

/* Lines from `first_line` on are those of the addresses from `origin` to `last`. False when there are too many regions. */
bool memory_region(memory *self, uint32_t origin, uint32_t last, uint32_t first_line, uint32_t miss_cycles);

/* Return the cycles that the core waits: for the lines of a block entered at `now`, and for `count` loads of `size`
 * bytes each, one behind the other. */
uint64_t memory_fetch(memory *self, const fetch *fetches, uint32_t count, uint64_t now);
uint32_t memory_load(memory *self, uint32_t address, uint32_t size, uint32_t count);

#endif
