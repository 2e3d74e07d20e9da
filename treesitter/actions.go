package treesitter

// An action is what a query's capture asks for at its node. The parts that it
// uses are said with the operations.
type action struct {
	do      operation
	kind    Kind
	subkind Subkind
	use     bool // a parameter's name is used, not declared
	scope   ScopeKind
	clause  bool // the scope reaches to what stands behind it, as nothing closes it
	defines DefinitionKind
	where   where
	hoisted bool   // visible in the whole scope
	site    string // TypeSite.Kind
}

type operation uint8

const (
	doToken   operation = iota // the node is one token, whatever is inside it; @receiver
	doNoToken                  // the node is none, nor is anything inside it
	doDescend                  // the node is no token, what is inside it may be
	doTypes                    // the same, and variables inside it are types

	doScope
	doNoScope

	doDefine    // the names inside the node are defined; visible behind @after, else behind the name
	doUses      // the names inside the node, which stands in such a region, are not
	doElsewhere // the names inside the node belong to another scope, where they are defined

	doDeclaration // @name and @body
	doImport
	doCall        // @name is the callee, @arguments the list
	doArgument    // an argument that is not positional
	doNoStructure // no declaration, or no argument

	doSite // @name (else the node), and @existing, or the place behind @after (else behind the name)
	doNoSite
)

// group tells which rules exclude each other.
func (do operation) group() group {
	switch {
	case do <= doTypes:
		return groupToken
	case do <= doNoScope:
		return groupScope
	case do <= doElsewhere:
		return groupDefine
	case do <= doNoStructure:
		return groupStructure
	}
	return groupType
}

// actionsOf lists the captures that each query file may use.
var actionsOf = [len(queryNames)]map[string]action{
	tokensQuery: {
		"descend":             {do: doDescend},
		"types":               {do: doTypes},
		"none":                {do: doNoToken},
		"punctuation":         {do: doToken, kind: KindPunctuation},
		"variable":            {do: doToken, kind: KindVariable},
		"attribute":           {do: doToken, kind: KindAttribute},
		"call":                {do: doToken, kind: KindCall},
		"parameter":           {do: doToken, kind: KindParameter},
		"parameter.use":       {do: doToken, kind: KindParameter, use: true},
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
		"scope.none":       {do: doNoScope},
		"declaration.none": {do: doNoStructure},
		"argument.none":    {do: doNoStructure},
		"scope":            {do: doScope, scope: ScopeBlock},
		"scope.clause":     {do: doScope, scope: ScopeBlock, clause: true},
		"scope.function":   {do: doScope, scope: ScopeFunction},
		"scope.class":      {do: doScope, scope: ScopeClass},
		"uses":             {do: doUses},
		"elsewhere":        {do: doElsewhere},
		"declaration":      {do: doDeclaration},
		"import":           {do: doImport},
		"call":             {do: doCall},
		"argument":         {do: doArgument},
	},
	typesQuery: {
		"site.none":      {do: doNoSite},
		"site.parameter": {do: doSite, site: "parameter"},
		"site.return":    {do: doSite, site: "return"},
		"site.variable":  {do: doSite, site: "variable"},
		"site.field":     {do: doSite, site: "field"},
	},
}

// The captures of definitions are composed: definition.KIND, then .outer,
// .function or .class for the scope if it is not the current one, then .hoisted.
func init() {
	for kind, name := range definitionKindNames {
		for where, suffix := range whereNames {
			a := action{do: doDefine, defines: DefinitionKind(kind), where: where}
			actionsOf[localsQuery]["definition."+name+suffix] = a
			a.hoisted = true
			actionsOf[localsQuery]["definition."+name+suffix+".hoisted"] = a
		}
	}
}
