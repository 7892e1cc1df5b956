package main

import "strings"

const registry = "/registry/"

// What a cluster makes for itself in every namespace; the other side makes its own.
var local = map[string]bool{
	"pods": true, "events": true, "leases": true, "endpointslices": true, "services/endpoints": true,
}

// Scope says which keys are synchronised.
type Scope struct {
	excluded map[string]bool // namespaces that are not
	kinds    map[string]bool // kinds outside of namespaces that are, as group/plural
	own      string          // name of the object of these kinds that stands for the cluster itself, and is not
}

// NewScope makes one of lists with commas between the words.
func NewScope(excluded, kinds, own string) Scope {
	return Scope{set(excluded), set(kinds), own}
}

// Has tells whether a key is synchronised.
func (s Scope) Has(key string) bool {
	path, found := strings.CutPrefix(key, registry)
	if !found {
		return false
	}
	parts := strings.Split(path, "/")
	if parts[0] == "namespaces" && len(parts) == 2 {
		return !s.excluded[parts[1]]
	}
	kind, rest := split(parts)
	switch len(rest) {
	case 1:
		return s.kinds[kind] && rest[0] != s.own
	case 2:
		return !local[kind] && !s.excluded[rest[0]]
	}
	return false
}

// split gives the kind that a key is of, and the rest: namespace and name, or name.
func split(parts []string) (string, []string) {
	grouped := strings.Contains(parts[0], ".") || parts[0] == "services"
	if grouped && len(parts) > 2 {
		return parts[0] + "/" + parts[1], parts[2:]
	}
	return parts[0], parts[1:]
}

func set(words string) map[string]bool {
	found := map[string]bool{}
	for _, word := range strings.Split(words, ",") {
		if word != "" {
			found[word] = true
		}
	}
	return found
}
