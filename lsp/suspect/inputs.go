package suspect

// input is one thing that is known of a choice at a place; rank's forests ask for it by name. An unknown one is NaN.
type input int

// Of the experts: log-probabilities, as differences to the best choice's, or (over) to that of what stands there.
const (
	inCache input = iota // both sides
	inCacheLeft
	inCacheRight
	inCacheOver
	inCacheLeftOver
	inCacheRightOver
	inCachePlace // among the choices, from 0
	inProject    // the same with the project's files
	inProjectOver
	inCorpus // that of a corpus, alone
	inCorpusOver
	inCorpusHere // its natural logarithm of the probability of the token itself, behind what stands before it
	inMixed      // corpus, file and project
	inMixedOver
	inModel
	inModelOver
	inPointer
	inPointerOver
	inVocabulary
	inVocabularyOver

	// Of the choice: where else it stands. Counts and distances in tokens are log(1+n).
	inSeen         // in the file
	inSeenFunction // in the innermost function
	inSeenSort     // as the same kind of token
	inBefore       // distance to the nearest occurrence before
	inAfter
	inLine            // times on the same line
	inDefined         // how often it is defined in the file
	inVisible         // 0: not visible as a bare name; 1: defined outside the function; 2: inside
	inSort            // what it stands for: treesitter's DefinitionKind, -1 when it is not visible
	inRelation        // of a member: 2 seen on the same receiver, 1 on one of the same name, 0 on none
	inIdle            // 1 when it is defined in this function and never used there
	inAcross          // 1 when it stands on the other side of the operator, or as the argument beside
	inVotes           // copies of the line that want it, see copies.go
	inRepeats         // lines of the file that equal this one with it
	inRepeatsFunction // and of the function
	inEcho            // how much it is like the name it is assigned to, passed for, or a value of
	inLength          // bytes
	inTitle           // 1 when it begins with an upper case letter
	inExchange        // by how much the cache prefers the line with it and what stands here exchanged
	inKnown           // 1/n for the n-th of the members that other projects use on receivers of the name
	inSibling         // 1/n for the n-th of the members that they use beside what stands there
	inSpoken          // times in comments and strings
	inFiles           // the project's other files that have it
	inProjectSort     // times that they use it as what the site is: a member, or not
	inProjectDefined  // and make it
	inCorpusKnown     // 1 when the corpus tells it from other words
	inCorpusBefore    // of the tokens before it, how many the longest n-gram of the corpus that ends with it has
	inCorpusAfter     // the same of the token behind it

	// Of the choice and what stands there.
	inEdits
	inRatio
	inPrefix
	inSuffix
	inWords
	inStyle
	inSlip       // names.Slip: by which keystroke what stands there came from it
	inSameSort   // both stand for the same sort of thing
	inSeenMore   // log of how many times as often
	inOperatorTo // the operator's number, see operators

	// Of the place, the same for all its choices.
	inLanguage
	inKind      // treesitter's Kind of the token
	inDeclaring // 1 where a name is made
	inImporting // 1 inside an import
	inChoices   // how many there are
	inPrevious  // what stands before and behind, see glance
	inNext      //
	inOpening   // the keyword that begins the line, see glance
	inOwnSeen   // the same of what stands there as of a choice
	inOwnSeenFunction
	inOwnSeenSort
	inOwnBefore
	inOwnAfter
	inOwnLine
	inOwnDefined
	inOwnVisible
	inOwnSort
	inOwnRelation
	inOwnKnown
	inOwnAcross
	inOwnVotes
	inOwnRepeats
	inOwnRepeatsFunction
	inOwnEcho
	inOwnLength
	inOwnOperator
	inOwnSpoken
	inOwnFiles
	inOwnProjectSort
	inOwnProjectDefined
	inOwnCorpusKnown
	inOwnCorpusBefore
	inOwnCorpusAfter
	inOwnCorpusHere
	numInputs
)

var inputNames = [numInputs]string{
	"cache", "cache left", "cache right", "cache over", "cache left over", "cache right over", "cache place",
	"project", "project over", "corpus", "corpus over", "corpus here", "mixed", "mixed over",
	"model", "model over", "pointer", "pointer over", "vocabulary", "vocabulary over",
	"seen", "seen in function", "seen as sort", "before", "after", "on line", "defined", "visible", "sort", "relation", "idle", "across", "votes", "repeats", "repeats in function",
	"echo", "length", "title", "exchange", "known", "sibling", "spoken", "files", "project sort", "project defined",
	"corpus known", "corpus before", "corpus after",
	"edits", "ratio", "prefix", "suffix", "words", "style", "slip", "same sort", "seen more", "operator",
	"language", "kind", "declaring", "importing", "choices", "previous", "next", "opening",
	"own seen", "own seen in function", "own seen as sort", "own before", "own after", "own on line", "own defined", "own visible", "own sort", "own relation", "own known",
	"own across", "own votes", "own repeats", "own repeats in function", "own echo", "own length", "own operator", "own spoken", "own files",
	"own project sort", "own project defined", "own corpus known", "own corpus before", "own corpus after", "own corpus here",
}

// neutral are the inputs that know nothing of what stands at the place: rank's Fit may use them alone.
var neutral = []input{
	inCache, inCacheLeft, inCacheRight, inCachePlace, inProject, inCorpus, inCorpusHere, inMixed, inModel, inPointer, inVocabulary,
	inSeen, inSeenFunction, inSeenSort, inBefore, inAfter, inLine, inDefined, inVisible, inSort, inRelation, inKnown, inIdle, inAcross, inVotes, inRepeats, inRepeatsFunction, inEcho, inLength, inTitle, inSpoken,
	inFiles, inProjectSort, inProjectDefined, inCorpusKnown, inCorpusBefore, inCorpusAfter,
	inOperatorTo, inLanguage, inKind, inDeclaring, inImporting, inChoices, inPrevious, inNext, inOpening,
}

// ownInputs are the inputs of the place that hold one of choice 0.
var ownInputs = []struct{ own, of input }{
	{inOwnSeen, inSeen}, {inOwnSeenFunction, inSeenFunction}, {inOwnSeenSort, inSeenSort}, {inOwnBefore, inBefore}, {inOwnAfter, inAfter}, {inOwnLine, inLine},
	{inOwnDefined, inDefined}, {inOwnVisible, inVisible}, {inOwnSort, inSort}, {inOwnRelation, inRelation}, {inOwnKnown, inKnown}, {inOwnAcross, inAcross}, {inOwnVotes, inVotes},
	{inOwnRepeats, inRepeats}, {inOwnRepeatsFunction, inRepeatsFunction}, {inOwnEcho, inEcho}, {inOwnLength, inLength}, {inOwnOperator, inOperatorTo}, {inOwnSpoken, inSpoken},
	{inOwnFiles, inFiles}, {inOwnProjectSort, inProjectSort}, {inOwnProjectDefined, inProjectDefined},
	{inOwnCorpusKnown, inCorpusKnown}, {inOwnCorpusBefore, inCorpusBefore}, {inOwnCorpusAfter, inCorpusAfter}, {inOwnCorpusHere, inCorpusHere},
}
