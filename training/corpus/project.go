package corpus

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// project is where a file belongs; files of one project share the value.
type project struct {
	directory string
	name      string   // without version
	version   string   // "" if unknown
	names     []string // every name that it goes by: directory, manifest, repository; for the evaluation filter
}

// manifests are the files that mark the top of a package or module.
var manifests = []string{"go.mod", "package.json", "pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO", "Cargo.toml", "pom.xml", "build.gradle"}

var versioned = regexp.MustCompile(`^(.+?)(?:@v?|-v?)(\d+(?:\.\d+)+[\w.+-]*)$`)

// looksLikeProject tells the top of a project: a manifest, a version in the name, or a place among site-packages.
func looksLikeProject(dir string, names map[string]bool) bool {
	for _, m := range manifests {
		if names[m] {
			return true
		}
	}
	if versioned.MatchString(filepath.Base(dir)) {
		return true
	}
	switch filepath.Base(filepath.Dir(dir)) {
	case "site-packages", "dist-packages", "node_modules":
		return !strings.HasPrefix(filepath.Base(dir), "@")
	}
	return false
}

// rootProject owns the files under root that belong to no project below it.
func rootProject(root string) *project {
	return newProject(root, filepath.Base(root))
}

var goMajor = regexp.MustCompile(`/v\d+$`)

// newProject names the project at dir: by its manifest where that has a name, else by path.
func newProject(dir, path string) *project {
	p := &project{directory: dir, name: path}
	if m := versioned.FindStringSubmatch(p.name); m != nil {
		p.name, p.version = m[1], m[2]
	}
	p.names = append(p.names, p.name)
	if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
		if m := moduleLine.FindSubmatch(text); m != nil {
			p.name = string(m[1])
			p.names = append(p.names, p.name)
		}
	} else if text, err := os.ReadFile(filepath.Join(dir, "package.json")); err == nil {
		var manifest struct {
			Name, Version string
			Repository    json.RawMessage
		}
		// A broken manifest still marks a project; it then goes by its path.
		if json.Unmarshal(text, &manifest) == nil && manifest.Name != "" {
			p.name, p.version = manifest.Name, manifest.Version
			p.names = append(p.names, p.name, repositoryName(manifest.Repository))
		}
	} else {
		for _, name := range []string{"PKG-INFO", "pyproject.toml", "setup.cfg", "Cargo.toml"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			if m := nameLine.FindSubmatch(text); m != nil {
				p.name = strings.ToLower(string(m[1]))
				p.names = append(p.names, p.name)
				if m := crateRepository.FindSubmatch(text); name == "Cargo.toml" && m != nil {
					p.names = append(p.names, filepath.Base(strings.TrimSuffix(strings.TrimRight(string(m[1]), "/"), ".git")))
				}
				break
			}
		}
	}
	p.name = goMajor.ReplaceAllString(p.name, "")
	return p
}

var (
	moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)`)
	nameLine   = regexp.MustCompile(`(?m)^[Nn]ame\s*[:=]\s*["']?([\w.-]+)`)
	// A crate of a workspace names the repository, often with a path in it behind the branch.
	crateRepository = regexp.MustCompile(`(?m)^repository\s*=\s*"https?://[^/"]+/([^/"]+/[^/"]+)`)
	repository      = regexp.MustCompile(`([\w.-]+/[\w.-]+?)(?:\.git)?(?:["#/?]|$)`)
)

// repositoryName takes owner/name out of package.json's repository, which is a text or an object with a url.
func repositoryName(raw json.RawMessage) string {
	var url string
	if json.Unmarshal(raw, &url) != nil {
		var object struct{ URL string }
		if json.Unmarshal(raw, &object) != nil {
			return ""
		}
		url = object.URL
	}
	if i := strings.Index(url, "github.com"); i >= 0 {
		url = strings.TrimLeft(url[i+len("github.com"):], ":/")
	}
	if m := repository.FindStringSubmatch(url); m != nil {
		return m[1]
	}
	return ""
}

// split holds out about the given share of the projects, by a hash of the name, so that adding a project moves no
// other. Where the hash picks none of several, the one nearest to being picked goes, unless it is a fifth of the text
// or more; a single project is never held out, since nothing would be left to learn from.
func split(projects []Project, share float64) {
	if share < 0 || len(projects) < 2 {
		return
	}
	total, heldOut := 0, 0
	for i := range projects {
		p := &projects[i]
		total += p.Bytes
		if position(p.Name) < share {
			p.HeldOut = true
			heldOut += p.Bytes
		}
	}
	order := make([]int, len(projects))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return position(projects[order[i]].Name) < position(projects[order[j]].Name) })
	if heldOut == 0 {
		for _, i := range order {
			if projects[i].Bytes*5 < total {
				projects[i].HeldOut = true
				return
			}
		}
	}
	// A huge project among the held out would starve the training: give the last picked back while too much is out.
	for k := len(order) - 1; k >= 0 && heldOut*2 > total; k-- {
		if p := &projects[order[k]]; p.HeldOut {
			p.HeldOut = false
			heldOut -= p.Bytes
		}
	}
}

// position maps a name to [0, 1), uniformly.
func position(name string) float64 {
	sum := sha256.Sum256([]byte("split:" + name))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}
