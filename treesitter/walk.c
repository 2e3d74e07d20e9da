// Parse, walk and free, all inside one call from Go. A call across the cgo
// border costs about as much as parsing ten bytes, so none is made per node.
//
// The prototypes below are tree-sitter's public API (api.h of the version that
// go.mod pins). Its objects are linked into every program that imports the
// grammar packages; the declarations are weak so that cgo's trial link of this
// package alone, which does not see them, succeeds. mlm_init tells whether
// the real link found them.

#include "walk.h"

#include <stdbool.h>
#include <stdlib.h>

typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct TSLanguage TSLanguage;
typedef struct TSLookaheadIterator TSLookaheadIterator;

typedef struct {
  uint32_t context[4];
  const void *id;
  const TSTree *tree;
} TSNode;

typedef struct {
  const void *tree;
  const void *id;
  uint32_t context[3];
} TSTreeCursor;

#ifdef __APPLE__
#define LINKED extern __attribute__((weak_import))
#else
#define LINKED extern __attribute__((weak))
#endif

LINKED TSParser *ts_parser_new(void);
LINKED void ts_parser_delete(TSParser *);
LINKED bool ts_parser_set_language(TSParser *, const TSLanguage *);
LINKED void ts_parser_set_timeout_micros(TSParser *, uint64_t);
LINKED void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t), void *(*)(void *, size_t), void (*)(void *));
LINKED TSTree *ts_parser_parse_string(TSParser *, const TSTree *, const char *, uint32_t);
LINKED TSNode ts_tree_root_node(const TSTree *);
LINKED TSTreeCursor ts_tree_cursor_new(TSNode);
LINKED void ts_tree_cursor_delete(TSTreeCursor *);
LINKED TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
LINKED uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
LINKED bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
LINKED bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
LINKED bool ts_tree_cursor_goto_parent(TSTreeCursor *);
LINKED uint32_t ts_node_start_byte(TSNode);
LINKED uint32_t ts_node_end_byte(TSNode);
LINKED uint16_t ts_node_symbol(TSNode);
LINKED bool ts_node_is_missing(TSNode);
LINKED uint16_t ts_node_parse_state(TSNode);
LINKED bool ts_node_has_error(TSNode);
LINKED TSLookaheadIterator *ts_lookahead_iterator_new(const TSLanguage *, uint16_t);
LINKED void ts_lookahead_iterator_delete(TSLookaheadIterator *);
LINKED bool ts_lookahead_iterator_next(TSLookaheadIterator *);
LINKED uint16_t ts_lookahead_iterator_current_symbol(const TSLookaheadIterator *);

int mlm_init(void) {
  if (!(ts_set_allocator && ts_parser_new && ts_parser_delete && ts_parser_set_language &&
        ts_parser_set_timeout_micros && ts_parser_parse_string && ts_tree_root_node && ts_tree_cursor_new &&
        ts_tree_cursor_delete && ts_tree_cursor_current_node && ts_tree_cursor_current_field_id &&
        ts_tree_cursor_goto_first_child && ts_tree_cursor_goto_next_sibling && ts_tree_cursor_goto_parent &&
        ts_node_start_byte && ts_node_end_byte && ts_node_symbol && ts_node_is_missing && ts_node_parse_state && ts_node_has_error &&
        ts_lookahead_iterator_new && ts_lookahead_iterator_delete && ts_lookahead_iterator_next &&
        ts_lookahead_iterator_current_symbol)) {
    return 0;
  }
  ts_set_allocator(mlm_malloc, mlm_calloc, mlm_realloc, mlm_free);
  return 1;
}

mlm_parser *mlm_parser_new(void) {
  mlm_parser *p = calloc(1, sizeof *p);
  if (p && !(p->arena = mlm_arena_new())) {
    free(p);
    return NULL;
  }
  return p;
}

void mlm_parser_delete(mlm_parser *p) {
  mlm_arena_delete(p->arena);
  free(p->nodes);
  free(p);
}

// push appends the cursor's node and returns its index, or -1 without memory.
static int64_t push(mlm_parser *p, const TSTreeCursor *cursor, int32_t parent) {
  if (p->count == p->capacity) {
    uint32_t capacity = p->capacity ? p->capacity * 2 : 4096;
    if (capacity <= p->capacity) return -1;
    mlm_node *nodes = realloc(p->nodes, (size_t)capacity * sizeof *nodes);
    if (!nodes) return -1;
    p->nodes = nodes;
    p->capacity = capacity;
  }
  TSNode node = ts_tree_cursor_current_node(cursor);
  mlm_node *out = &p->nodes[p->count];
  out->start = ts_node_start_byte(node);
  out->end = ts_node_end_byte(node);
  out->next = p->count + 1;
  out->parent = parent;
  out->symbol = ts_node_symbol(node);
  out->field = (uint8_t)ts_tree_cursor_current_field_id(cursor);
  out->flags = out->start == out->end && ts_node_is_missing(node) ? MLM_MISSING : 0;
  return p->count++;
}

// walk copies the tree in preorder. It keeps no stack of its own: the way back
// up is in the records' parents, so depth costs heap memory only.
static int walk(mlm_parser *p, TSTree *tree) {
  TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
  int result = MLM_OK;
  int32_t parent = -1;
  for (;;) {
    int64_t index = push(p, &cursor, parent);
    if (index < 0) {
      result = MLM_NO_MEMORY;
      break;
    }
    if (ts_tree_cursor_goto_first_child(&cursor)) {
      parent = (int32_t)index;
      continue;
    }
    while (parent >= 0 && !ts_tree_cursor_goto_next_sibling(&cursor)) {
      ts_tree_cursor_goto_parent(&cursor);
      p->nodes[parent].next = p->count;
      parent = p->nodes[parent].parent;
    }
    if (parent < 0) break;
  }
  ts_tree_cursor_delete(&cursor);
  return result;
}

// wish is what is asked about the last token: see mlm_expected.
typedef struct {
  uint8_t *expected;
  uint32_t count, wrong;
} wish;

// wrong counts what the parser could not make sense of below and behind a node: the bytes that it left out, and what it missed. What the last token, at last, stands in does not count: a text that
// ends in the middle of something is in error as a whole. It descends only to where something is wrong.
static uint32_t wrong(TSTreeCursor *cursor, uint32_t last, uint32_t length) {
  uint32_t sum = 0, depth = 0;
  for (;;) {
    TSNode node = ts_tree_cursor_current_node(cursor);
    if (ts_node_is_missing(node)) sum++;
    bool left_out = ts_node_symbol(node) == UINT16_MAX && (ts_node_end_byte(node) < length || ts_node_start_byte(node) == last);
    if (left_out) sum += ts_node_end_byte(node) - ts_node_start_byte(node) + 1;
    if (!left_out && ts_node_has_error(node) && ts_tree_cursor_goto_first_child(cursor)) {
      depth++;
      continue;
    }
    while (!ts_tree_cursor_goto_next_sibling(cursor)) {
      if (depth-- == 0) return sum;
      ts_tree_cursor_goto_parent(cursor);
    }
    if (depth == 0) return sum;
  }
}

// look answers a wish. The parser notes with each leaf the state in which it looked for it; what the state's row of the parse table holds is what can stand there.
static int look(const TSLanguage *language, TSTree *tree, uint32_t length, wish *w) {
  TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
  while (ts_tree_cursor_goto_first_child(&cursor)) {
    while (ts_node_end_byte(ts_tree_cursor_current_node(&cursor)) < length && ts_tree_cursor_goto_next_sibling(&cursor)) {
    }
  }
  TSNode leaf = ts_tree_cursor_current_node(&cursor);
  uint16_t state = ts_node_parse_state(leaf);
  ts_tree_cursor_delete(&cursor);
  cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
  w->wrong = wrong(&cursor, ts_node_start_byte(leaf), length);
  ts_tree_cursor_delete(&cursor);
  if (ts_node_end_byte(leaf) != length || state == 0 || state == UINT16_MAX) return MLM_NO_STATE;
  TSLookaheadIterator *symbols = ts_lookahead_iterator_new(language, state);
  if (!symbols) return MLM_NO_STATE;
  while (ts_lookahead_iterator_next(symbols)) {
    uint16_t symbol = ts_lookahead_iterator_current_symbol(symbols);
    if (symbol < w->count) w->expected[symbol] = 1;
  }
  ts_lookahead_iterator_delete(symbols);
  return MLM_OK;
}

// header is how a TSLanguage begins in every version of its binary interface. The API tells how many symbols there are, and not how many of them, the first ones, are terminals.
typedef struct {
  uint32_t version, symbols, aliases, terminals;
} header;

uint32_t mlm_terminals(const void *language) { return ((const header *)language)->terminals; }

// parse_and_walk runs inside an arena. The tree is left to it; the parser is
// deleted, as the scanners of some grammars use memory that is not the arena's.
static int parse_and_walk(mlm_parser *p, const void *language, const char *text, uint32_t length, uint64_t timeout, wish *w) {
  TSParser *parser = ts_parser_new();
  int result = MLM_BAD_LANGUAGE;
  if (ts_parser_set_language(parser, language)) {
    ts_parser_set_timeout_micros(parser, timeout);
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, length);
    result = !tree ? MLM_TIMEOUT : w ? look(language, tree, length, w) : walk(p, tree);
  }
  ts_parser_delete(parser);
  return result;
}

int mlm_parse(mlm_parser *p, const void *language, const char *text, uint32_t length, uint64_t timeout_micros) {
  p->count = 0;
  mlm_arena_begin(p->arena);
  int result = parse_and_walk(p, language, text, length, timeout_micros, NULL);
  mlm_arena_end();
  return result;
}

int mlm_expected(mlm_parser *p, const void *language, const char *text, uint32_t length, uint64_t timeout_micros, uint8_t *expected, uint32_t count, uint32_t *wrong) {
  wish w = {expected, count, 0};
  p->count = 0;
  mlm_arena_begin(p->arena);
  int result = parse_and_walk(p, language, text, length, timeout_micros, &w);
  mlm_arena_end();
  *wrong = w.wrong;
  return result;
}
