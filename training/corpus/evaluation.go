package corpus

import "strings"

// EvaluationProjects are the projects that the product is measured on; nothing that ships is trained on them, nor on
// packages, forks, vendored copies or distributions of them.
var EvaluationProjects = []string{
	// Python
	"celery", "scrapy", "networkx", "sqlalchemy", "ansible", "requests", "tornado", "spyder", "buildbot", "beets", "twisted", "mitmproxy",
	"ipython", "nltk", "django", "matplotlib", "zulip", "scikit-learn", "flask", "aiohttp",
	// TypeScript and JavaScript
	"prettier", "typeorm", "babel", "sequelize", "vite", "webpack", "jest", "playwright", "nest", "angular", "strapi", "rxjs", "express", "three.js",
	// Go
	"etcd", "prometheus", "hugo", "terraform", "moby", "loki", "containerd", "syncthing", "go-ethereum", "minio", "rclone", "caddy", "traefik", "gin",
	// Java and Rust
	"spring-framework", "elasticsearch", "netty", "guava", "tokio", "ripgrep", "rust-analyzer", "cargo",
}

// aliases are further names that the projects' packages, organisations and import paths go by.
var aliases = map[string][]string{
	"ansible":          {"ansible-core", "ansible-base"},
	"scikit-learn":     {"sklearn"},
	"matplotlib":       {"mpl-toolkits", "pylab"},
	"beets":            {"beetbox"},
	"twisted":          {"twistedmatrix"},
	"babel":            {"@babel", "babel-core", "babel-runtime", "babel-types", "babel-traverse", "babel-generator", "babylon", "babel/babel"},
	"vite":             {"@vitejs", "create-vite", "vite-node"},
	"webpack":          {"webpack-cli", "webpack-dev-server", "webpack-sources", "webpack/webpack"},
	"jest":             {"@jest", "jestjs/jest", "facebook/jest", "babel-jest", "ts-jest", "pretty-format", "expect"},
	"playwright":       {"@playwright", "playwright-core"},
	"nest":             {"@nestjs", "nestjs"},
	"angular":          {"@angular", "@angular-devkit", "@schematics", "angularjs", "angular.js"},
	"strapi":           {"@strapi"},
	"sequelize":        {"@sequelize", "sequelize-typescript"},
	"rxjs":             {"reactivex"},
	"express":          {"expressjs/express"},
	"three.js":         {"three", "threejs", "mrdoob"},
	"etcd":             {"etcd-io", "go.etcd.io"},
	"hugo":             {"gohugoio"},
	"moby":             {"docker"},
	"caddy":            {"caddyserver"},
	"gin":              {"gin-gonic"},
	"go-ethereum":      {"ethereum"},
	"spring-framework": {"springframework", "spring"},
	"elasticsearch":    {"org.elasticsearch"},
	"netty":            {"io.netty"},
	"guava":            {"com.google.guava"},
	"rust-analyzer":    {"ra-ap-rustc", "ra-ap", "rust-lang/rust-analyzer"},
	"cargo":            {"rust-lang/cargo", "crates-io"},
}

// packages are directories of the projects' sources that no name of theirs stands in: a copy keeps them, whatever is put before.
var packages = map[string]string{
	"com/google/common/annotations/": "guava", "com/google/common/base/": "guava", "com/google/common/cache/": "guava",
	"com/google/common/collect/": "guava", "com/google/common/escape/": "guava", "com/google/common/eventbus/": "guava",
	"com/google/common/graph/": "guava", "com/google/common/hash/": "guava", "com/google/common/html/": "guava", "com/google/common/io/": "guava",
	"com/google/common/math/": "guava", "com/google/common/net/": "guava", "com/google/common/primitives/": "guava",
	"com/google/common/reflect/": "guava", "com/google/common/util/concurrent/": "guava", "com/google/common/xml/": "guava",
}

// prefixed projects publish packages named project-something or project.something.
var prefixed = map[string]bool{
	"jest": true, "babel": true, "playwright": true, "buildbot": true, "ansible": true, "angular": true, "strapi": true, "tokio": true, "netty": true,
	"elasticsearch": true, "cargo": true, "terraform": true, "sqlalchemy": true, "django": true, "flask": true, "celery": true, "spyder": true,
	"prometheus": true, "minio": true, "prettier": true, "webpack": true, "vite": true, "express": true, "ipython": true, "tornado": true,
}

// evaluationMatcher recognises evaluation projects by name. It errs on the side of dropping: a plug-in of a project
// goes with it, since plug-ins copy.
type evaluationMatcher struct {
	names map[string]string // normalised name or alias -> project
}

func newEvaluationMatcher(projects []string) *evaluationMatcher {
	m := &evaluationMatcher{names: map[string]string{}}
	for _, p := range projects {
		m.names[normalise(p)] = p
		for _, alias := range aliases[p] {
			m.names[normalise(alias)] = p
		}
	}
	return m
}

// normalise folds case, the module cache's capital escapes, underscores, and a version at the end.
func normalise(name string) string {
	name = strings.ToLower(strings.NewReplacer("_", "-", "!", "").Replace(name))
	if m := versioned.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	return name
}

// match returns the evaluation project that the file belongs to: by the names of its project, or by any directory
// between the root that the user gave and the file.
func (m *evaluationMatcher) match(s *source) string {
	for _, name := range s.project.names {
		name = normalise(name)
		if p, ok := m.names[name]; ok {
			return p
		}
	}
	for _, name := range s.project.names {
		// A folder may carry an import path with its slashes written as underscores.
		for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '_' }) {
			if p := m.component(normalise(part), true); p != "" {
				return p
			}
			// Maven's names are a group, a dot and an artifact, and both have dots.
			for rest := normalise(part); strings.Contains(rest, "."); {
				_, rest, _ = strings.Cut(rest, ".")
				if p := m.component(rest, true); p != "" {
					return p
				}
				head, _, _ := strings.Cut(rest, ".")
				if p := m.component(head, true); p != "" {
					return p
				}
			}
		}
	}
	for directory, p := range packages {
		if _, ok := m.names[p]; ok && strings.Contains(s.fromRoot, directory) {
			return p
		}
	}
	parts := strings.Split(s.fromRoot, "/")
	for _, part := range parts[:len(parts)-1] {
		if p := m.component(normalise(part), false); p != "" {
			return p
		}
	}
	return ""
}

// component matches one element of a name or path; a project's own name may also carry a suffix.
func (m *evaluationMatcher) component(part string, isName bool) string {
	if p, ok := m.names[part]; ok {
		return p
	}
	if p, ok := m.names[strings.TrimSuffix(strings.TrimSuffix(part, ".git"), ".js")]; ok {
		return p
	}
	if isName {
		if head, _, ok := strings.Cut(part, "-"); ok && prefixed[head] {
			return m.names[head]
		}
	}
	return ""
}
