/* Counts what the virtual CPU executes, one call per executed translation block.
 *
 * Every block is priced once, by the `price` callback, when it is first seen; afterwards a call is one table look-up and
 * two additions. A block is charged when its successor begins: only then is it known whether its final branch was taken,
 * which is the case when the successor does not start where the block ended. So `instructions` and `cycles` cover
 * everything up to the beginning of the current block.
 *
 * Code in RAM can change: such a block keeps a copy of its bytes and is priced again when they differ.
 *
 * Where memory keeps the core waiting, a block comes with the lines that it is fetched from, and loads are reported one by
 * one; what they wait is added at once.
 */
#include "memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_BITS = 16, TABLE_SIZE = 1 << TABLE_BITS };

typedef struct block {
    uint32_t address, size; /* the Python side reads these two */
    uint32_t end, instructions, cycles, entry_cycles;
    int32_t taken_cycles; /* negative where a branch that is not taken was wrongly predicted */
    const uint8_t *live; /* where the code is in host memory, if it can change */
    uint8_t *copy;       /* what it was when priced */
    fetch *fetches;
    uint32_t fetch_count;
    struct block *next;  /* another block with the same table index */
} block;

typedef struct counter counter;
struct flash;

/* Calls counter_enter for the block, or stops the engine. */
typedef void (*price_function)(uint32_t address, uint32_t size);

/* Called between two blocks when `event_cycles` have passed; true if it stopped the engine. */
typedef bool (*event_function)(void);

struct counter {
    uint64_t instructions, cycles; /* the Python side reads these three */
    const block *current;
    uint64_t event_cycles; /* and writes this one */
    price_function price;
    event_function event;
    memory *memory; /* NULL where every memory answers at once */
    struct flash *flash;
    uint32_t flash_count;
    block nothing; /* stands before the first block and for a block that was refused */
    block *table[TABLE_SIZE];
};

static block **slot_of(counter *self, uint32_t address)
{
    return &self->table[(address >> 1) & (TABLE_SIZE - 1)];
}

static block *find(counter *self, uint32_t address, uint32_t size)
{
    block *candidate = *slot_of(self, address);
    while (candidate != NULL && (candidate->address != address || candidate->size != size))
        candidate = candidate->next;
    return candidate;
}

counter *counter_new(price_function price, event_function event, memory *memory)
{
    counter *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->price = price;
        self->event = event;
        self->memory = memory;
        self->event_cycles = UINT64_MAX;
        self->current = &self->nothing;
    }
    return self;
}

struct price {
    uint32_t instructions, cycles, entry_cycles, fetch_count;
    int32_t taken_cycles;
};

/* Enters the price of a block, or replaces it. Returns 0 when there is no memory. */
int counter_enter(counter *self, uint32_t address, uint32_t size, const struct price *price, const fetch *fetches,
                  const uint8_t *live)
{
    block *entry = find(self, address, size);
    if (entry == NULL) {
        entry = calloc(1, sizeof *entry);
        if (entry == NULL)
            return 0;
        block **slot = slot_of(self, address);
        *entry = (block){.next = *slot, .address = address, .size = size, .end = address + size};
        *slot = entry;
    }
    entry->instructions = price->instructions;
    entry->cycles = price->cycles;
    entry->taken_cycles = price->taken_cycles;
    entry->entry_cycles = price->entry_cycles;
    free(entry->fetches);
    entry->fetch_count = price->fetch_count;
    entry->fetches = malloc((price->fetch_count + 1) * sizeof *fetches);
    if (entry->fetches == NULL)
        return 0;
    if (price->fetch_count > 0)
        memcpy(entry->fetches, fetches, price->fetch_count * sizeof *fetches);
    entry->live = live;
    if (live != NULL) {
        if (entry->copy == NULL && (entry->copy = malloc(size)) == NULL)
            return 0;
        memcpy(entry->copy, live, size);
    }
    return 1;
}

static void charge(counter *self, uint32_t successor)
{
    const block *done = self->current;
    self->instructions += done->instructions;
    self->cycles += (uint64_t)((int64_t)done->cycles + (successor != done->end ? done->taken_cycles : 0));
}

/* Ends the current block early: `instructions` and `cycles` of it were executed. */
void counter_settle(counter *self, uint32_t instructions, uint32_t cycles)
{
    self->instructions += instructions;
    self->cycles += cycles;
    self->current = &self->nothing;
}

/* Unicorn's UC_HOOK_BLOCK: runs before each block. */
void counter_block(void *engine, uint64_t address, uint32_t size, counter *self)
{
    (void)engine;
    uint32_t start = (uint32_t)address;
    bool taken = start != self->current->end;
    charge(self, start);
    if (self->cycles >= self->event_cycles) {
        self->current = &self->nothing;
        if (self->event())
            return;
    }
    block *entry = find(self, start, size);
    if (entry == NULL || (entry->live != NULL && memcmp(entry->live, entry->copy, size) != 0)) {
        self->current = &self->nothing;
        self->price(start, size);
        entry = find(self, start, size);
    }
    self->current = entry != NULL ? entry : &self->nothing;
    if (taken)
        self->cycles += self->current->entry_cycles;
    if (self->current->fetch_count > 0)
        self->cycles += memory_fetch(self->memory, self->current->fetches, self->current->fetch_count, self->cycles);
}

/* Unicorn's UC_HOOK_MEM_READ: runs before each load from a memory that keeps the core waiting. */
void counter_load(void *engine, int access, uint64_t address, int size, int64_t value, counter *self)
{
    (void)engine, (void)access, (void)value;
    self->cycles += memory_load(self->memory, (uint32_t)address, (uint32_t)size);
}

void counter_free(counter *self)
{
    for (unsigned index = 0; index < TABLE_SIZE; index++) {
        for (block *entry = self->table[index], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry->copy);
            free(entry->fetches);
            free(entry);
        }
    }
    memory_free(self->memory);
    free(self);
}

/* unicorn.h: uc_tlb_entry, UC_MEM_FETCH and UC_PROT_* */
typedef struct {
    uint64_t physical;
    uint32_t permissions;
} translation;

enum { READ = 16, FETCH = 18, READ_ONLY = 1, EXECUTE_ONLY = 4, READ_WRITE = 1 | 2, READ_EXECUTE = 1 | 4 };

/* Where flash that keeps the core waiting appears to loads: beyond all real addresses, as a device. A hook on loads would
 * put every load on Unicorn's slow path, those from RAM too. */
#define LOADS_FROM (UINT64_C(1) << 32)

struct flash {
    uint32_t origin, last;
    const uint8_t *content;
    counter *counter;
};

uint64_t counter_load_flash(void *engine, uint64_t offset, uint32_t size, const struct flash *flash)
{
    uint64_t value = 0;
    memcpy(&value, flash->content + offset, size);
    counter_load(engine, READ, flash->origin + offset, (int)size, 0, flash->counter);
    return value;
}

/* Unicorn's UC_HOOK_TLB_FILL: addresses are physical. Unicorn's own answer allows only the kind of access that asked, so
 * that a page read and written in turn is looked up every time; and with all kinds allowed at once, every store stays on
 * its slow path. The permissions of the mapped memory still hold. */
bool identity_translation(void *engine, uint64_t address, int access, translation *result, counter *self)
{
    (void)engine;
    result->physical = address;
    result->permissions = access == FETCH ? READ_EXECUTE : READ_WRITE;
    for (const struct flash *flash = self->flash; flash != self->flash + self->flash_count; flash++)
        if (address >= flash->origin && address <= flash->last) {
            if (access == READ)
                *result = (translation){LOADS_FROM + address, READ_ONLY};
            else if (access == FETCH)
                result->permissions = EXECUTE_ONLY;
        }
    return true;
}

/* Loads from these memories, an array that outlives the counter, are answered by counter_load_flash. */
void counter_flash(counter *self, struct flash *flash, uint32_t count)
{
    self->flash = flash;
    self->flash_count = count;
}
