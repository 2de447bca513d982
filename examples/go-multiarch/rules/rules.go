// Package rules says where paths are redirected to.
package rules

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gopkg.in/yaml.v3"
)

// Rules has the target of each path. A path that ends with /* stands for all below it.
type Rules map[string]string

// Parse reads rules from YAML and tells everything that is wrong with them.
func Parse(text []byte) (Rules, error) {
	var rules Rules
	if err := yaml.Unmarshal(text, &rules); err != nil {
		return nil, err
	}
	var faults []error
	for path, target := range rules {
		if !strings.HasPrefix(path, "/") {
			faults = append(faults, fmt.Errorf("%q does not begin with /", path))
		}
		if to, err := url.Parse(target); err != nil || to.Host == "" {
			faults = append(faults, fmt.Errorf("%q leads to %q, which is no URL", path, target))
		}
	}
	return rules, errors.Join(faults...)
}

// Target says where a path is redirected to. The longest rule counts.
func (rules Rules) Target(path string) (string, bool) {
	if target, ok := rules[path]; ok {
		return target, true
	}
	for end := strings.LastIndexByte(path, '/'); end >= 0; end = strings.LastIndexByte(path[:end], '/') {
		if target, ok := rules[path[:end]+"/*"]; ok {
			return strings.Replace(target, "*", path[end+1:], 1), true
		}
	}
	return "", false
}
