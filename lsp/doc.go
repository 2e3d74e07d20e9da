// Package lsp is the language server: it turns edits and requests of an editor into questions to the features (lsp/complete,
// lsp/inline, lsp/suspect, lsp/heat) and their answers, which are plain structs in byte offsets, into LSP messages.
//
// Four kinds of goroutines work together. One reads frames. One, the dispatch loop, owns every field of server: documents, settings,
// the table of running requests, the state of the diagnostics. One writes. And each request runs in a goroutine of its own, which sees
// nothing but what the loop handed to it, and hands its answer back to the loop.
//
// What holds:
//
//   - Edits are applied on the loop, in the order in which they were read. A request is bound to the snapshot that was current when
//     the request was read; no later edit can slip in between (a handler has two parts for that, see dispatch.go).
//   - A snapshot never changes once published. No lock is held while a model runs, and the loop never waits for one: not for a
//     model, nor a parse, nor a slow reader of our output.
//   - Each request is answered exactly once: by its handler, by its panic (InternalError) or by its cancellation, whichever is first.
//   - Hints of types, their edits and those of actions are of the newest version of a document, or there are none.
//   - Diagnostics are published, or answered, for the newest version of a document only. A document is not checked before its project's
//     settings and surroundings were looked for.
//   - Whatever the model does, a call of it ends with its context.
//   - What an editor does not say that it can, it is not asked for and not sent.
//   - Positions of the editor exist in this package alone; mapper is the only converter between them and byte offsets.
//   - With no model, a broken one, or no runtime library, the server runs, offers nothing, and says so once.
//   - Nothing here opens a network connection, and source text is logged at debug level only.
//
// go.lsp.dev/jsonrpc2's messages are used, but not its Stream and Conn, and go.lsp.dev/protocol's types but not its dispatch:
// stream.go and dispatch.go say why.
package lsp
