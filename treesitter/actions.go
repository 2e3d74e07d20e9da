package treesitter

// An action is what a query's capture asks for at its node. Which parts a
// capture needs besides is said at each.
type action struct {
	do      operation
	kind    Kind
	subkind Subkind
	detail  uint8 // a DefinitionKind or siteKind; 1 where a parameter's name is used, not declared
}

type operation uint8

const (
	doNothing operation = iota
	doToken             // the node is one token, whatever is inside it; @receiver
	doDescend           // the node is no token, what is inside it may be
	doTypes             // the same, and variables inside it are types

	doScope
	doDefine
	doDeclaration // @name and @body
	doImport
	doCall     // @name and @arguments
	doArgument // not a positional argument

	doSite // @name, and @existing or @after
)

// actionsOf lists the captures that each query file may use.
var actionsOf = [len(queryNames)]map[string]action{
	tokensQuery: {
		"descend":             {do: doDescend},
		"types":               {do: doTypes},
		"none":                {do: doNothing},
		"punctuation":         {do: doToken, kind: KindPunctuation},
		"variable":            {do: doToken, kind: KindVariable},
		"attribute":           {do: doToken, kind: KindAttribute},
		"call":                {do: doToken, kind: KindCall},
		"parameter":           {do: doToken, kind: KindParameter},
		"parameter.use":       {do: doToken, kind: KindParameter, detail: 1},
		"definition":          {do: doToken, kind: KindDefinition},
		"operator.binary":     {do: doToken, kind: KindOperator, subkind: SubkindBinary},
		"operator.comparison": {do: doToken, kind: KindOperator, subkind: SubkindComparison},
		"operator.logical":    {do: doToken, kind: KindOperator, subkind: SubkindLogical},
		"operator.unary":      {do: doToken, kind: KindOperator, subkind: SubkindUnary},
		"operator.assignment": {do: doToken, kind: KindOperator, subkind: SubkindAssignment},
		"type":                {do: doToken, kind: KindType},
		"keyword":             {do: doToken, kind: KindKeyword},
		"literal.string":      {do: doToken, kind: KindLiteral, subkind: SubkindString},
		"literal.number":      {do: doToken, kind: KindLiteral, subkind: SubkindNumber},
		"literal.boolean":     {do: doToken, kind: KindLiteral, subkind: SubkindBoolean},
		"literal.null":        {do: doToken, kind: KindLiteral, subkind: SubkindNull},
		"comment":             {do: doToken, kind: KindComment},
	},
	localsQuery: {
		"declaration": {do: doDeclaration},
		"import":      {do: doImport},
		"none":        {do: doNothing},
	},
	typesQuery: {},
}
