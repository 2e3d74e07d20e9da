#ifndef MLM_LSP_ARENA_H_
#define MLM_LSP_ARENA_H_

#include <stddef.h>

// mlm_arena is the memory of one parse. Tree-sitter allocates millions of small
// objects that all die together when we have read the tree, so they are carved
// out of blocks, and dropping the blocks replaces the walk over the tree that
// would release them one by one. That saves more than our own walk costs.
//
// The arena is active on one thread at a time, from mlm_arena_begin to
// mlm_arena_end; what is allocated between the two must not be used, nor freed,
// afterwards. Elsewhere tree-sitter's allocator is libc's, as ever.
typedef struct mlm_arena mlm_arena;

mlm_arena *mlm_arena_new(void);
void mlm_arena_delete(mlm_arena *arena);
void mlm_arena_begin(mlm_arena *arena);
void mlm_arena_end(void);

// Allocation functions for ts_set_allocator. Like tree-sitter's own they abort
// the process when there is no memory.
void *mlm_malloc(size_t size);
void *mlm_calloc(size_t count, size_t size);
void *mlm_realloc(void *pointer, size_t size);
void mlm_free(void *pointer);

#endif
