package corpus

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestManifest: every line of the default corpus names a package once, with a digest and a licence that permits, and none is of an
// evaluation project.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("../corpora/default.tsv")
	if err != nil {
		t.Fatal(err)
	}
	digest := regexp.MustCompile(`^(?:sha256:[0-9a-f]{64}|h1:[A-Za-z0-9+/]{43}=)$`)
	copyleft := regexp.MustCompile(`(?i)\b(?:[al]?gpl|mpl|epl|cddl|sspl|busl|general public|mozilla|proprietary|unlicensed)`)
	alternative := regexp.MustCompile(`(?i)\s+or\s+|/|,`)
	evaluation := newEvaluationMatcher(EvaluationProjects)
	seen := map[string]bool{}
	count := map[string]int{}
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) < 5 || len(fields) > 6 || (len(fields) == 6) != (fields[0] == "debian") {
			t.Errorf("line %d has %d fields", i+1, len(fields))
			continue
		}
		ecosystem, name, version, licence, sum := fields[0], fields[1], fields[2], fields[3], fields[4]
		count[ecosystem]++
		if key := ecosystem + " " + name + " " + version; seen[key] {
			t.Errorf("line %d: %s stands twice", i+1, key)
		} else {
			seen[key] = true
		}
		if name == "" || version == "" || !digest.MatchString(sum) && !(sum == "-" && (name == "std" || name == "cpython-stdlib")) {
			t.Errorf("line %d: %q at %q with digest %q", i+1, name, version, sum)
		}
		permits := false
		for _, choice := range alternative.Split(licence, -1) {
			permits = permits || choice != "" && choice != "?" && !copyleft.MatchString(choice)
		}
		if !permits {
			t.Errorf("line %d: %s is under %q", i+1, name, licence)
		}
		if p := evaluation.match(&source{project: &project{names: []string{name}}}); p != "" {
			t.Errorf("line %d: %s is %s, which is kept for evaluation", i+1, name, p)
		}
		if ecosystem == "debian" && !strings.HasSuffix(fields[5], "|c") && !strings.HasSuffix(fields[5], "|cpp") {
			t.Errorf("line %d: %s goes to %q", i+1, name, fields[5])
		}
	}
	for _, ecosystem := range []string{"go", "pypi", "npm", "cargo", "maven", "debian"} {
		if count[ecosystem] == 0 {
			t.Errorf("nothing of %s", ecosystem)
		}
		delete(count, ecosystem)
	}
	if len(count) > 0 {
		t.Errorf("ecosystems that fetch does not know: %v", count)
	}
}
