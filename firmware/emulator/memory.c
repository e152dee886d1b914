/* Wait states, and the caches and prefetch buffers that hide them, driven by the real addresses of fetches and loads.
 *
 * Memory is read in lines. The line that the core fetched from last is in its buffer. Any other line comes from the cache
 * at once, or from memory, which serves one read after the other. A prefetch reads the line behind the one that the core
 * now executes, unless it is cached; a line that was prefetched in time is not put into the cache, one that the core had
 * to wait for is (RM0090 section 3.5.2: "each time a miss occurs"). Replaced is the line of a set used longest ago.
 *
 * Fetches and loads do not wait for each other: within a block it is not known which comes first.
 *
 * Times are those at which an instruction could be executed if memory answered at once, so that a line asked for when it
 * is needed costs exactly its wait.
 */
#include "memory.h"

#include <stdlib.h>

enum { REGIONS = 8, NO_LINE = 0 }; /* the first line has number 1 */

typedef struct {
    uint32_t sets, ways;
    uint32_t *lines; /* ways of set 0, ways of set 1, ... */
    uint64_t *used;
    uint16_t *place_of; /* by line: 1 + its index in `lines`, or 0; so that a look-up takes no search */
} cache;

struct region {
    uint32_t origin, last, first_line, miss_cycles;
};

struct memory {
    uint32_t line_shift;
    bool prefetch;
    cache instruction, data;
    cache *instructions, *loads; /* the caches that serve them; they can be one */
    struct region regions[REGIONS];
    uint32_t region_count, line_count;
    uint32_t buffered, prefetched;
    uint64_t prefetched_at, busy_until, tick;
};

static bool make(cache *self, uint32_t sets, uint32_t ways, uint32_t line_count)
{
    *self = (cache){.sets = sets, .ways = ways};
    self->lines = calloc((size_t)sets * ways + 1, sizeof *self->lines);
    self->used = calloc((size_t)sets * ways + 1, sizeof *self->used);
    self->place_of = calloc(line_count, sizeof *self->place_of);
    return self->lines != NULL && self->used != NULL && self->place_of != NULL;
}

static void discard(cache *self)
{
    free(self->lines);
    free(self->used);
    free(self->place_of);
}

memory *memory_new(const struct geometry *geometry)
{
    memory *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->line_count = geometry->line_count + 2; /* lines are numbered from 1, and the last can be prefetched behind */
    self->line_shift = (uint32_t)__builtin_ctz(geometry->line_bytes);
    self->prefetch = geometry->prefetch != 0;
    self->instructions = &self->instruction;
    self->loads = geometry->shared ? &self->instruction : &self->data;
    if (!make(&self->instruction, geometry->instruction_sets, geometry->instruction_ways, self->line_count) ||
        !make(&self->data, geometry->data_sets, geometry->data_ways, self->line_count)) {
        memory_free(self);
        return NULL;
    }
    return self;
}

void memory_free(memory *self)
{
    if (self == NULL)
        return;
    discard(&self->instruction);
    discard(&self->data);
    free(self);
}

bool memory_region(memory *self, uint32_t origin, uint32_t last, uint32_t first_line, uint32_t miss_cycles)
{
    if (self->region_count == REGIONS)
        return false;
    self->regions[self->region_count++] = (struct region){origin, last, first_line, miss_cycles};
    return true;
}

/* True if the line is cached. If not, it takes the place of another, unless `insert` is false. */
static bool look_up(memory *self, cache *where, uint32_t line, bool insert)
{
    uint16_t place = where->place_of[line];
    if (place != 0) {
        where->used[place - 1] = ++self->tick;
        return true;
    }
    if (!insert || where->ways == 0)
        return false;
    uint32_t first = (line & (where->sets - 1)) * where->ways, oldest = first;
    for (uint32_t way = first + 1; way < first + where->ways; way++)
        if (where->used[way] < where->used[oldest])
            oldest = way;
    where->place_of[where->lines[oldest]] = 0;
    where->lines[oldest] = line;
    where->used[oldest] = ++self->tick;
    where->place_of[line] = (uint16_t)(oldest + 1);
    return false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static const struct region *region_of_line(const memory *self, uint32_t line)
{
    const struct region *found = self->regions;
    for (uint32_t index = 1; index < self->region_count; index++)
        if (line >= self->regions[index].first_line)
            found = &self->regions[index]; /* they come in the order of their lines */
    return found;
}

/* Begins to read the line behind `line` at `start`, unless it is at hand. */
static void prefetch_behind(memory *self, uint32_t line, uint32_t read_cycles, uint64_t start)
{
    if (!self->prefetch || self->prefetched == line + 1 || look_up(self, self->instructions, line + 1, false))
        return;
    self->prefetched = line + 1;
    self->prefetched_at = self->busy_until = later(start, self->busy_until) + read_cycles;
}

static uint64_t fetch_line(memory *self, uint32_t line, uint64_t asked, uint64_t needed)
{
    if (line == self->buffered)
        return 0;
    self->buffered = line;
    uint32_t read_cycles = region_of_line(self, line)->miss_cycles;
    if (look_up(self, self->instructions, line, false)) {
        prefetch_behind(self, line, read_cycles, asked + 1);
        return 0;
    }
    uint64_t ready;
    bool expected = self->prefetch && line == self->prefetched;
    if (expected)
        ready = later(self->prefetched_at, asked);
    else
        ready = self->busy_until = later(asked, self->busy_until) + read_cycles;
    if (!expected || ready > needed)
        (void)look_up(self, self->instructions, line, true);
    prefetch_behind(self, line, read_cycles, ready + 1);
    return ready > needed ? ready - needed : 0;
}

uint64_t memory_fetch(memory *self, const fetch *fetches, uint32_t count, uint64_t now)
{
    uint64_t start = now;
    for (uint32_t index = 0; index < count; index++)
        now += fetch_line(self, fetches[index].line, now + fetches[index].asked, now + fetches[index].needed);
    return now - start;
}

uint32_t memory_load(memory *self, uint32_t address, uint32_t size, uint32_t count)
{
    uint32_t cycles = 0;
    const struct region *region = self->regions, *end = region + self->region_count;
    while (region != end && (address < region->origin || address > region->last))
        region++;
    if (region == end)
        return 0;
    for (uint32_t offset = address - region->origin; count > 0; count--, offset += size) {
        uint32_t first = offset >> self->line_shift, last = (offset + size - 1) >> self->line_shift;
        for (uint32_t line = first; line <= last; line++)
            cycles += look_up(self, self->loads, region->first_line + line, true) ? 0 : region->miss_cycles;
    }
    return cycles;
}
