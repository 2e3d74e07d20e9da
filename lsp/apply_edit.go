package lsp

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
)

// What code actions offer where the cursor is can be had by name, too, so that an editor can put it into a menu. The server writes nothing itself: the editor does the edit, and can undo it.

// errAppliesNothing is what a command says that changes texts.
var errAppliesNothing = jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the editor applies no edits that it did not ask for: use the code action of the same name")

// apply has the editor do an edit, and waits until it is done. of is the text that it was made for; nil is one that is not open. Not every editor is told its version with the edit, so one of
// an older text is not sent. It belongs to a request's goroutine.
func (s *server) apply(ctx context.Context, label string, of *snapshot, edit *protocol317.WorkspaceEdit) error {
	done := make(chan error, 1)
	s.post(func() {
		if of != nil && (s.documents[of.uri] == nil || s.documents[of.uri].snapshot != of) {
			done <- errModified
			return
		}
		s.ask(protocol.MethodWorkspaceApplyEdit, protocol317.ApplyEditParams{Label: label, Edit: edit}, func(raw json.RawMessage, err error) {
			var result protocol317.ApplyEditResult
			if err == nil {
				err = json.Unmarshal(raw, &result)
			}
			if err == nil && !result.Applied {
				reason := "the editor did not apply the edit"
				if result.FailureReason != "" {
					reason += ": " + result.FailureReason
				}
				err = jsonrpc2.NewError(protocol317.CodeRequestFailed, reason)
			}
			done <- err
		})
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// annotateFile writes all types of a document that are sure enough.
func (s *server) annotateFile(raw []json.RawMessage) (work, error) {
	doc, err := s.theOneAskedAbout(raw)
	if err != nil {
		return nil, err
	}
	name, a := doc.uri, s.annotating(doc, true)
	switch {
	case !s.client.Workspace.ApplyEdit:
		return nil, errAppliesNothing
	case a == nil:
		return nil, errNoTypes
	}
	token, outdated := s.annotatingToken(), doc.forThisVersion()
	return func(ctx context.Context) (any, error) {
		var edit *protocol317.WorkspaceEdit
		err := s.whileShown(ctx, token, "looking for types", func(ctx context.Context) error {
			return outdated(ctx, func(ctx context.Context) (err error) {
				edit, err = a.edit(ctx, annotation{URI: name, Whole: true})
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		if edit == nil {
			s.post(s.tellNoTypes)
			return false, nil
		}
		return true, s.apply(ctx, "Annotate this file", a.snap, edit)
	}, nil
}

// silenceKind writes into the project's file that a kind of findings is not to be reported in it.
func (s *server) silenceKind(raw []json.RawMessage) (work, error) {
	var name protocol.DocumentURI
	var kind string
	if err := arguments(raw, &name, &kind); err != nil {
		return nil, err
	}
	doc := s.documents[name]
	switch {
	case doc == nil:
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s is not open", name)
	case !slices.Contains(suspect.Codes(), kind):
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%q is no kind of findings: they are %s", kind, strings.Join(suspect.Codes(), ", "))
	case !s.client.Workspace.ApplyEdit:
		return nil, errAppliesNothing
	}
	a := s.actionsOf(doc)
	if a.root == "" {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s belongs to no project: open a folder, or put an empty %s into the project's root", titleOf(name), settings.FileName)
	}
	where := uri.File(filepath.Join(a.root, settings.FileName))
	if a.conf != nil {
		where = a.conf.uri
	}
	return func(ctx context.Context) (any, error) {
		edit, err := a.silenceProject(kind)
		if err != nil {
			return nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, err.Error())
		}
		return where, s.apply(ctx, "Ignore "+kind+" in this project", a.conf, edit)
	}, nil
}
