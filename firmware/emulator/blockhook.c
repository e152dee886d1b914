/* Counts what the virtual CPU executes, one call per executed translation block.
 *
 * Every block is priced once, by the `price` callback, when it is first seen; afterwards a call is one table look-up and
 * two additions. A block is charged when its successor begins: only then is it known whether its final branch was taken,
 * which is the case when the successor does not start where the block ended. So `instructions` and `cycles` cover
 * everything up to the beginning of the current block.
 *
 * Code in RAM can change: such a block keeps a copy of its bytes and is priced again when they differ.
 *
 * Where memory keeps the core waiting, a block comes with the lines that it is fetched from, and with the addresses that
 * its loads read from, as sums of registers. What they wait is added when the block is entered. Where the registers of
 * that moment do not tell, another part of the block begins, in front of which the engine calls again.
 */
#include "memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_BITS = 16, TABLE_SIZE = 1 << TABLE_BITS };

/* `count` reads of `bytes` each, the first of them from constant + factors times the values of a part's registers. */
typedef struct {
    uint32_t constant, indices[2], factors[2], bytes, count;
} load;

/* Loads whose addresses are known when the instruction at `start` is reached. */
typedef struct {
    uint32_t start, load_count, register_count;
    const load *loads;
    const int *registers; /* as Unicorn numbers them */
} part;

typedef struct block {
    uint32_t address, size; /* the Python side reads these two */
    uint32_t end, instructions, cycles, entry_cycles;
    int32_t taken_cycles; /* negative where a branch that is not taken was wrongly predicted */
    const uint8_t *live; /* where the code is in host memory, if it can change */
    uint8_t *copy;       /* what it was when priced */
    fetch *fetches;
    part *parts; /* one stands for the entry, then those behind */
    load *loads;
    int *registers;
    uint32_t fetch_count, part_count;
    struct block *next;  /* another block with the same table index */
} block;

typedef struct counter counter;

/* Calls counter_enter for the block and returns true, or stops the engine. */
typedef bool (*price_function)(uint32_t address, uint32_t size);

/* Called between two blocks when `event_cycles` have passed; true if it stopped the engine. */
typedef bool (*event_function)(void);

/* unicorn.h: uc_reg_read_batch */
typedef int (*read_registers_function)(void *engine, const int *registers, void **values, int count);

enum { REGISTERS = 32, NOWHERE = 1 /* where no block begins */ };

struct counter {
    uint64_t instructions, cycles; /* the Python side reads these three */
    const block *current;
    uint64_t event_cycles; /* and writes this one */
    price_function price;
    event_function event;
    memory *memory; /* NULL where every memory answers at once */
    read_registers_function read_registers;
    uint32_t values[REGISTERS];
    void *value_places[REGISTERS];
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

counter *counter_new(price_function price, event_function event, memory *memory, read_registers_function read_registers)
{
    counter *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->price = price;
        self->event = event;
        self->memory = memory;
        self->read_registers = read_registers;
        for (unsigned index = 0; index < REGISTERS; index++)
            self->value_places[index] = &self->values[index];
        self->event_cycles = UINT64_MAX;
        self->nothing.end = NOWHERE;
        self->current = &self->nothing;
    }
    return self;
}

struct price {
    uint32_t instructions, cycles, entry_cycles, fetch_count, part_count, load_count, register_count;
    int32_t taken_cycles;
};

static void *copy_of(const void *source, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);
    if (copy != NULL && count > 0)
        memcpy(copy, source, count * size);
    return copy;
}

static void discard(block *entry)
{
    free(entry->fetches);
    free(entry->parts);
    free(entry->loads);
    free(entry->registers);
}

/* Enters the price of a block, or replaces it. Each part has the next of the loads and registers; the array of parts tells
 * how many. Returns 0 when there is no memory. */
int counter_enter(counter *self, uint32_t address, uint32_t size, const struct price *price, const fetch *fetches,
                  const part *parts, const load *loads, const int *registers, const uint8_t *live)
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
    discard(entry);
    entry->fetch_count = price->fetch_count;
    entry->part_count = price->part_count;
    entry->fetches = copy_of(fetches, price->fetch_count, sizeof *fetches);
    entry->parts = copy_of(parts, price->part_count, sizeof *parts);
    entry->loads = copy_of(loads, price->load_count, sizeof *loads);
    entry->registers = copy_of(registers, price->register_count, sizeof *registers);
    if (entry->fetches == NULL || entry->parts == NULL || entry->loads == NULL || entry->registers == NULL)
        return 0;
    const load *next_load = entry->loads;
    const int *next_register = entry->registers;
    for (part *next = entry->parts; next != entry->parts + entry->part_count; next++) {
        next->loads = next_load;
        next->registers = next_register;
        next_load += next->load_count;
        next_register += next->register_count;
    }
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

static void charge_loads(counter *self, void *engine, const part *part)
{
    const uint32_t *values = self->values;
    if (part->register_count > 0)
        self->read_registers(engine, part->registers, self->value_places, (int)part->register_count);
    for (const load *load = part->loads; load != part->loads + part->load_count; load++) {
        uint32_t address = load->constant + load->factors[0] * values[load->indices[0]] +
                           load->factors[1] * values[load->indices[1]];
        self->cycles += memory_load(self->memory, address, load->bytes, load->count);
    }
}

/* Unicorn's UC_HOOK_CODE, at every address where some block has another part. */
void counter_part(void *engine, uint64_t address, uint32_t size, counter *self)
{
    (void)size;
    const block *current = self->current;
    for (uint32_t index = 1; index < current->part_count; index++)
        if (current->parts[index].start == (uint32_t)address)
            charge_loads(self, engine, &current->parts[index]);
}

/* Unicorn's UC_HOOK_BLOCK: runs before each block. */
void counter_block(void *engine, uint64_t address, uint32_t size, counter *self)
{
    uint32_t start = (uint32_t)address;
    bool taken = start != self->current->end;
    charge(self, start);
    if (self->cycles >= self->event_cycles) {
        self->current = &self->nothing;
        self->nothing.end = NOWHERE;
        if (self->event())
            return;
    }
    block *entry = find(self, start, size);
    if (entry == NULL || (entry->live != NULL && memcmp(entry->live, entry->copy, size) != 0)) {
        self->current = &self->nothing;
        self->nothing.end = taken ? NOWHERE : start; /* for the engine may begin again with this block */
        if (!self->price(start, size))
            return;
        entry = find(self, start, size);
    }
    self->current = entry;
    if (taken)
        self->cycles += self->current->entry_cycles;
    if (self->current->fetch_count > 0)
        self->cycles += memory_fetch(self->memory, self->current->fetches, self->current->fetch_count, self->cycles);
    if (entry->part_count > 0)
        charge_loads(self, engine, entry->parts);
}

void counter_free(counter *self)
{
    for (unsigned index = 0; index < TABLE_SIZE; index++) {
        for (block *entry = self->table[index], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry->copy);
            discard(entry);
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

enum { FETCH = 18, READ_WRITE = 1 | 2, READ_EXECUTE = 1 | 4 };

/* Unicorn's UC_HOOK_TLB_FILL: addresses are physical. Unicorn's own answer allows only the kind of access that asked, so
 * that a page read and written in turn is looked up every time; and with all kinds allowed at once, every store stays on
 * its slow path. The permissions of the mapped memory still hold. */
bool identity_translation(void *engine, uint64_t address, int access, translation *result, void *unused)
{
    (void)engine, (void)unused;
    result->physical = address;
    result->permissions = access == FETCH ? READ_EXECUTE : READ_WRITE;
    return true;
}
