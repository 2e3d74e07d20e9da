package treesitter

// Scope is a region in which names are defined.
type Scope struct {
	Span
	Parent      int32 // index, -1 for the file
	Definitions []Definition
}

// Definition is a name and from where on it is visible in its scope.
type Definition struct {
	Name    string
	Span    Span
	Visible int
}
