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
