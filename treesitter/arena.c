#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A chunk is a header of 8 bytes and its payload, which is aligned to 16. Freed
// chunks wait in the list of their size class for the next of that class; they
// are never split or joined. The classes: multiples of 16 up to SMALL, powers of
// two up to LARGE. Chunks above that are libc's, in a list of their own.
enum {
  SMALL = 1024,
  LARGE = 1 << 16,
  SMALL_CLASSES = SMALL / 16 + 1,
  CLASSES = SMALL_CLASSES + 6,
  LARGE_CLASS = CLASSES,
  FIRST_BLOCK = 1 << 18,
  LAST_BLOCK = 1 << 22,
  KEEP = 1 << 23,  // bytes of blocks that an idle arena keeps
};

typedef struct block {
  struct block *next;
  size_t size;
} block;

typedef struct large {
  struct large *next, *previous;
  size_t size;
  size_t class;  // directly before the payload, like a small chunk's header
} large;

struct mlm_arena {
  block *blocks;  // the current one first
  block *spare;   // kept from earlier parses
  char *free, *end;
  void *lists[CLASSES];
  large *larges;
};

static __thread mlm_arena *active;

static void *must(void *pointer, size_t size) {
  if (!pointer) {
    fprintf(stderr, "tree-sitter failed to allocate %zu bytes\n", size);
    abort();
  }
  return pointer;
}

mlm_arena *mlm_arena_new(void) { return calloc(1, sizeof(mlm_arena)); }

static void free_blocks(block *b) {
  while (b) {
    block *next = b->next;
    free(b);
    b = next;
  }
}

void mlm_arena_delete(mlm_arena *arena) {
  free_blocks(arena->spare);
  free(arena);
}

void mlm_arena_begin(mlm_arena *arena) { active = arena; }

void mlm_arena_end(void) {
  mlm_arena *a = active;
  active = NULL;
  while (a->larges) {
    large *next = a->larges->next;
    free(a->larges);
    a->larges = next;
  }
  size_t kept = 0;
  for (block *b = a->spare; b; b = b->next) kept += b->size;
  while (a->blocks) {
    block *b = a->blocks;
    a->blocks = b->next;
    if (kept + b->size > KEEP) {
      free(b);
      continue;
    }
    kept += b->size;
    b->next = a->spare;
    a->spare = b;
  }
  a->free = a->end = NULL;
  memset(a->lists, 0, sizeof a->lists);
}

static inline size_t class_of(size_t chunk) {
  if (chunk <= SMALL) return chunk / 16;
  size_t class = SMALL_CLASSES;
  while ((size_t)SMALL * 2 << (class - SMALL_CLASSES) < chunk) class++;
  return class;
}

static inline size_t chunk_size(size_t class) {
  return class < SMALL_CLASSES ? class * 16 : (size_t)SMALL * 2 << (class - SMALL_CLASSES);
}

// new_block makes room for a chunk. What is left of the last block is lost.
static void new_block(mlm_arena *a) {
  block *b = a->spare;
  if (b) {
    a->spare = b->next;
  } else {
    size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
    if (size > LAST_BLOCK) size = LAST_BLOCK;
    b = must(malloc(size), size);
    b->size = size;
  }
  b->next = a->blocks;
  a->blocks = b;
  a->free = (char *)b + sizeof(block) + 8;  // payloads are aligned, headers stand before them
  a->end = (char *)b + b->size;
}

void *mlm_malloc(size_t size) {
  mlm_arena *a = active;
  if (!a) return size ? must(malloc(size), size) : malloc(size);
  size_t chunk = (size + 8 + 15) & ~(size_t)15;
  if (chunk > LARGE) {
    large *l = must(malloc(sizeof(large) + size), size);
    l->size = size;
    l->class = LARGE_CLASS;
    l->previous = NULL;
    l->next = a->larges;
    if (l->next) l->next->previous = l;
    a->larges = l;
    return l + 1;
  }
  size_t class = class_of(chunk);
  void *payload = a->lists[class];
  if (payload) {
    a->lists[class] = *(void **)payload;
    return payload;
  }
  chunk = chunk_size(class);
  if ((size_t)(a->end - a->free) < chunk) new_block(a);
  payload = a->free + 8;
  *(uint64_t *)a->free = class;
  a->free += chunk;
  return payload;
}

void *mlm_calloc(size_t count, size_t size) {
  if (!active) return count && size ? must(calloc(count, size), count * size) : calloc(count, size);
  if (size && count > SIZE_MAX / size) must(NULL, SIZE_MAX);
  return memset(mlm_malloc(count * size), 0, count * size);
}

void mlm_free(void *pointer) {
  mlm_arena *a = active;
  if (!a) {
    free(pointer);
    return;
  }
  if (!pointer) return;
  uint64_t class = ((uint64_t *)pointer)[-1];
  if (class == LARGE_CLASS) {
    large *l = (large *)pointer - 1;
    if (l->previous) l->previous->next = l->next;
    else a->larges = l->next;
    if (l->next) l->next->previous = l->previous;
    free(l);
    return;
  }
  *(void **)pointer = a->lists[class];
  a->lists[class] = pointer;
}

void *mlm_realloc(void *pointer, size_t size) {
  if (!active) return size ? must(realloc(pointer, size), size) : realloc(pointer, size);
  if (!pointer) return mlm_malloc(size);
  uint64_t class = ((uint64_t *)pointer)[-1];
  size_t capacity = class == LARGE_CLASS ? ((large *)pointer - 1)->size : chunk_size(class) - 8;
  if (size <= capacity) return pointer;
  void *moved = memcpy(mlm_malloc(size), pointer, capacity);
  mlm_free(pointer);
  return moved;
}
