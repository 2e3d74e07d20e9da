package corpus

// Judge tells why Collect would drop a file for what it is: test data by its path (slash-separated, relative to its project's root), or generated,
// minified, binary or empty text. It returns "" for a file that is fit to learn from and to be measured on. Sizes, duplicates and the
// evaluation list are Collect's business.
func Judge(relative string, text []byte, language string) Reason {
	if testData(relative) {
		return ReasonTestData
	}
	return judge(text, language)
}

// EvaluationProject returns the evaluation project that a package or repository of that name is, is a fork or plug-in of, or "" for none.
// relative is the slash-separated path of a file in it, whose directories may be those of a copy; it may be empty.
func EvaluationProject(name, relative string) string {
	return newEvaluationMatcher(EvaluationProjects).match(&source{project: &project{names: []string{name}}, fromRoot: relative})
}

// Vendored tells files of other projects, and built ones, by the directories between them and their project's root.
func Vendored(relative string) bool { return vendored(relative) }
