package main

import (
	"slices"
	"testing"
)

func parse(t *testing.T, text string) Version {
	t.Helper()
	version, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestVersionsAreInTheOrderOfTheStandard(t *testing.T) {
	ordered := []string{
		"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
		"1.2.0", "1.10.0",
	}
	var versions []Version
	for _, text := range ordered {
		versions = append(versions, parse(t, text))
	}
	if !slices.IsSortedFunc(versions, Compare) {
		t.Errorf("%v is not sorted", versions)
	}
}

func TestBump(t *testing.T) {
	for _, c := range []struct{ version, part, next string }{
		{"1.2.3", "major", "2.0.0"},
		{"1.2.3", "minor", "1.3.0"},
		{"v1.2.3+build", "patch", "1.2.4"},
		{"1.2.3-rc.1", "patch", "1.2.3"},
	} {
		next, err := parse(t, c.version).Bump(c.part)
		if err != nil || next.String() != c.next {
			t.Errorf("%s %s: %s, %v; want %s", c.version, c.part, next, err, c.next)
		}
	}
}

func TestWhatIsNoVersion(t *testing.T) {
	for _, text := range []string{"", "1.2", "1.2.3.4", "1.2.3-", "99999999999999999999.0.0"} {
		if version, err := Parse(text); err == nil {
			t.Errorf("%q is taken for %s", text, version)
		}
	}
}
