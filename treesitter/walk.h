#ifndef MLM_LSP_WALK_H_
#define MLM_LSP_WALK_H_

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

// mlm_node is one visible syntax node. Nodes stand in preorder: the children of
// node i begin at i+1, and `next` is the first node after i's subtree, so a
// child's sibling is nodes[child].next while that is below nodes[parent].next.
typedef struct {
  uint32_t start, end;  // bytes, half-open
  uint32_t next;        // index of the first node behind the subtree
  int32_t parent;       // index, -1 for the root
  uint16_t symbol;      // public symbol of the grammar; 0xFFFF is ERROR
  uint8_t field;        // field id in the parent, 0 for none
  uint8_t flags;        // MLM_MISSING
} mlm_node;

enum { MLM_MISSING = 1 };

// mlm_parser owns the memory of a parse and the buffer that the last one was
// copied into. It is used by one thread at a time.
typedef struct {
  mlm_arena *arena;
  mlm_node *nodes;
  uint32_t count, capacity;
} mlm_parser;

enum {
  MLM_OK = 0,
  MLM_TIMEOUT = 1,
  MLM_NO_MEMORY = 2,
  MLM_BAD_LANGUAGE = 3,
  MLM_NO_STATE = 4,
};

// mlm_init must be called before anything else. It returns 0 where tree-sitter is
// not linked into the program.
int mlm_init(void);
mlm_parser *mlm_parser_new(void);
void mlm_parser_delete(mlm_parser *p);
int mlm_parse(mlm_parser *p, const void *language, const char *text, uint32_t length, uint64_t timeout_micros);

// mlm_terminals tells how many symbols of a grammar are terminals: the first ones.
uint32_t mlm_terminals(const void *language);

// mlm_expected tells which terminals the grammar lets stand where the last token of a text stands: it sets expected[symbol], of count symbols, to 1 for each, and
// wrong to how much of the text before did not parse. It returns MLM_OK, or, where that cannot be told, another status.
int mlm_expected(mlm_parser *p, const void *language, const char *text, uint32_t length, uint64_t timeout_micros, uint8_t *expected, uint32_t count, uint32_t *wrong);

#endif
