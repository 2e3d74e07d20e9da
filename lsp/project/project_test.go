package project

import (
	"fmt"
	"slices"
	"testing"

	"mlm-lsp/treesitter"
)

func parse(text string) *treesitter.File { return treesitter.Parse("python", []byte(text)) }

// TestView: a file sees how the others use a name, and not itself, in whatever version it was set.
func TestView(t *testing.T) {
	p := New(1000)
	p.Set("a.py", parse("width = box.width\nbox.grow(width)\n"))
	p.Set("b.py", parse("width = 3\n"))
	want := Uses{Files: 1, Names: 1, Defined: 1}
	if got := p.View("a.py").Uses("width"); got != want {
		t.Errorf("a sees %+v, want %+v", got, want)
	}
	want = Uses{Files: 1, Names: 2, Members: 1, Defined: 1}
	if got := p.View("b.py").Uses("width"); got != want {
		t.Errorf("b sees %+v, want %+v", got, want)
	}
	want = Uses{Files: 1, Members: 1, Calls: 1}
	if got := p.View("c.py").Uses("grow"); got != want {
		t.Errorf("c sees %+v, want %+v", got, want)
	}
	anything := func(string) bool { return true }
	if got := p.View("b.py").Grams.Continue([]string{"x", "box", "."}, anything, 9); !slices.Equal(got, []string{"grow", "width"}) {
		t.Errorf("behind box. stand %v", got)
	}
	if got := p.View("a.py").Grams.Continue([]string{"box", "."}, anything, 9); len(got) > 0 {
		t.Errorf("nothing but a itself has anything behind box., and it is offered %v", got)
	}
	if got := p.View("b.py").Like("widht"); !slices.Equal(got, []string{"width"}) {
		t.Errorf("like widht are %v", got)
	}
	if got := p.View("a.py").Like("gorw"); len(got) > 0 {
		t.Errorf("nothing but a itself has grow, and it is told %v", got)
	}
	p.Remove("a.py")
	if got := p.View("c.py").Like("gorw"); len(got) > 0 {
		t.Errorf("of a file that was removed stays %v", got)
	}
	if got := p.View("c.py").Uses("grow"); got != (Uses{}) {
		t.Errorf("of a file that was removed stays %+v", got)
	}
}

// TestBound: the files set longest ago make room, and their names go with them.
func TestBound(t *testing.T) {
	p := New(20)
	for i := range 8 {
		p.Set(fmt.Sprintf("%d.py", i), parse(fmt.Sprintf("name%d = other\n", i)))
	}
	p.Set("large.py", parse("x = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n"))
	files, tokens := p.Len()
	if files != 5 || tokens > 20 {
		t.Errorf("%d files with %d tokens", files, tokens)
	}
	v := p.View("")
	if v.Uses("name0") != (Uses{}) || v.Uses("name7").Files != 1 || v.Uses("other").Files != 5 || v.Uses("x") != (Uses{}) {
		t.Errorf("held: %+v %+v %+v %+v", v.Uses("name0"), v.Uses("name7"), v.Uses("other"), v.Uses("x"))
	}
	p.Set("7.py", parse("fresh = other\n"))
	if v.Uses("name7") != (Uses{}) || v.Uses("other").Files != 5 {
		t.Errorf("a replaced file counts: %+v %+v", v.Uses("name7"), v.Uses("other"))
	}
}
