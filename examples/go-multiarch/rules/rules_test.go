package rules

import "testing"

func TestTarget(t *testing.T) {
	rules, err := Parse([]byte("/a: https://a.example\n/b/*: https://b.example/x/*\n/b/c/*: https://c.example/*\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, expected := range map[string]string{
		"/a":     "https://a.example",
		"/b/1/2": "https://b.example/x/1/2",
		"/b/c/1": "https://c.example/1",
		"/b":     "",
		"/other": "",
	} {
		if target, ok := rules.Target(path); target != expected || ok != (expected != "") {
			t.Errorf("%s: %q, not %q", path, target, expected)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, text := range []string{"a: https://a.example", "/a: nowhere", "- list"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
