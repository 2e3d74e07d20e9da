package gap

// Input is something that is known of a candidate, for the forests of rank.Combiner; what is not known is NaN. "Over" means: less the best candidate's.
type Input int

// The inputs. Those of the place are the same for all candidates of a gap: a forest ranks by what it makes of others beside them.
const (
	// The place.
	Language   Input = iota
	KindHere         // of the token that is missing, as far as the parser can tell
	Typed            // letters
	Candidates       // logarithm of their number
	Previous         // the token before, see glance
	Next             // the token behind
	Before2          // the token before Previous
	After2           // the token behind Next
	Opening          // the first of the line
	Receiver         // what the head of the receiver stands for

	// The candidate's text.
	Length
	Title   // begins with a capital
	Shout   // is all capitals
	Private // begins with an underscore
	Numbered
	Word     // number of an operator or a literal
	Finished // share of it that is typed
	Echo     // how much it is like what it is assigned to, passed for or assigned from
	LineEcho // how much it is like another name on the line
	Across   // it stands on the other side of the operator

	// Where it comes from.
	From
	Visible    // 2: defined in the innermost function, or seen on this receiver; 1: in scope, or seen on a receiver that ends alike; 0: neither
	Definition // what a visible name stands for
	Outer      // how many of the visible names are nearer
	Known      // place among the members that other projects use on receivers of this name

	// Its other occurrences in the file.
	Seen
	SeenFunction
	SeenSort // of this kind
	SeenLine
	SeenTyping // share that are types
	SeenCall   // share that are called
	NearBefore // logarithm of the distance in tokens
	NearAfter
	NearDeclared // logarithm of the distance to where it was last declared
	Recent       // place among the candidates by NearBefore
	Defined
	Idle       // defined in this function and not used
	AfterName  // times it was the next name after the one before the gap, whatever stands between them
	BeforeName // times it was the name before the one behind the gap
	BelowName  // times it stood below the token above the gap
	AboveName  // times it stood above the token below the gap

	// The n-grams of the file, and of the file and its project.
	Cache
	CacheOver
	CacheLeft
	CacheRight
	CachePlace
	MatchBefore
	MatchAfter
	MatchAround
	MatchTimes
	Project
	ProjectOver
	ProjectLeft
	ProjectRight
	ProjectPlace
	ProjectBefore
	ProjectAfter
	ProjectAround
	ProjectTimes
	ProjectFiles  // that hold it
	ProjectSort   // occurrences of this kind
	ProjectCalled // share of its occurrences there that are calls

	// The n-grams of a corpus, and those mixed token by token with the ones of file and project.
	Corpus
	CorpusOver
	CorpusLeft
	CorpusRight
	CorpusPlace
	CorpusHere   // logarithm of its probability after what stands before the gap
	CorpusBefore // how many of the tokens before the gap the corpus knows together with it
	CorpusAfter  // how many tokens that end with it the corpus knows together with the one behind
	CorpusKnown  // it is frequent enough to be told from others
	Mixed
	MixedOver
	MixedLeft
	MixedRight
	MixedPlace

	// Of an annotation: what is annotated, and what is known of such names and such types (package typings). "Fit" is by how much likelier a sort of evidence makes the type.
	Annotated   // logarithm of the number of the file's other annotations
	Named       // of those of the same name
	NamedAround // of those of the same name in the project
	TypeWords   // names in the type
	Holes       // of them that the lexicon does not know
	InSight     // share of them that stand in sight, or that it knows
	Prior       // logarithm of the type's share at such sites
	NameFit     // what the whole name says
	LastFit     // its last part
	FirstFit    // its first part
	ValueFit    // what it begins with
	UseFit      // what is done with it
	ResultFit   // what a function gives back
	SignFit     // what stands beside it
	Lexicon     // all of them
	LexiconOver
	LexiconPlace
	MadeSo          // a value in sight is of this type by its look (2), or of one with a name of it (1)
	OwnSo           // the site's own values are of this type (2), of one that is alike (1), or of another (0)
	Holds           // share of what is used behind a dot on it that the class of this name has
	FlowTimes       // logarithm of how often calls of the file say so
	FlowAroundTimes // and of the project
	FlowShare       // share of what calls of the file say of it
	FlowAround      // share of what the project says: what functions give back whose result it is, what is passed for it, what it is passed for
	CarriedShare    // share of the annotations of what it takes its value from
	NameShare       // share of those of the same name
	PartShare       // share of those of names with the same last part
	KindShare       // share of those at such sites
	NameShareAround // NameShare in the project
	PartShareAround
	SeenName // how often the same name has it
	SeenPart // how often names with the same last part have it

	// The model.
	Model // log-probability among the candidates
	ModelOver
	ModelPlace
	Pointer
	Vocabulary

	NumInputs
)

var inputNames = [NumInputs]string{
	"language", "kind", "typed", "candidates", "previous", "next", "before previous", "behind next", "opening", "receiver",
	"length", "title", "shout", "private", "numbered", "word", "finished", "echo", "line echo", "across",
	"from", "visible", "definition", "outer", "known",
	"seen", "seen in function", "seen as this", "seen on line", "seen as type", "seen called", "before", "after", "declared", "recent", "defined", "idle", "after name", "before name", "below name", "above name",
	"cache", "cache over", "cache left", "cache right", "cache place", "match before", "match after", "match around", "match times",
	"project", "project over", "project left", "project right", "project place", "project before", "project after", "project around", "project times", "project files", "project as this", "project called",
	"corpus", "corpus over", "corpus left", "corpus right", "corpus place", "corpus here", "corpus before", "corpus after", "corpus known", "mixed", "mixed over", "mixed left", "mixed right", "mixed place",
	"annotated", "named", "named around", "type words", "holes", "in sight", "prior", "name fit", "last fit", "first fit", "value fit", "use fit", "result fit", "sign fit", "lexicon", "lexicon over", "lexicon place",
	"made", "own", "holds", "flow times", "flow around times", "flow", "flow around", "carried", "name share", "part share", "kind share", "name share around", "part share around", "seen named", "seen part",
	"model", "model over", "model place", "pointer", "vocabulary",
}

func (i Input) String() string { return inputNames[i] }

// Inputs are the names of all inputs.
func Inputs() []string { return inputNames[:] }

// Static are the names of those that need no model.
func Static() []string { return inputNames[:Model] }
