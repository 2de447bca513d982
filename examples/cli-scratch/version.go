package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Version is a semantic version, without what follows a plus sign, which does not count.
type Version struct {
	Major, Minor, Patch uint64
	Pre                 []string
}

var form = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$`)

// Parse reads a version, such as 1.2.3-rc.1.
func Parse(text string) (Version, error) {
	found := form.FindStringSubmatch(text)
	if found == nil {
		return Version{}, fmt.Errorf("%q is no version, such as 1.2.3", text)
	}
	var version Version
	for i, number := range []*uint64{&version.Major, &version.Minor, &version.Patch} {
		value, err := strconv.ParseUint(found[i+1], 10, 64)
		if err != nil {
			return Version{}, fmt.Errorf("%q has a number that is too large", text)
		}
		*number = value
	}
	if found[4] != "" {
		version.Pre = strings.Split(found[4], ".")
	}
	return version, nil
}

func (v Version) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if len(v.Pre) > 0 {
		text += "-" + strings.Join(v.Pre, ".")
	}
	return text
}

// Compare orders versions by precedence.
func Compare(a, b Version) int {
	order := cmp.Or(cmp.Compare(a.Major, b.Major), cmp.Compare(a.Minor, b.Minor), cmp.Compare(a.Patch, b.Patch))
	switch {
	case order != 0:
		return order
	case len(a.Pre) == 0 || len(b.Pre) == 0:
		// A release comes after what leads to it.
		return cmp.Compare(len(b.Pre), len(a.Pre))
	}
	for i := 0; i < min(len(a.Pre), len(b.Pre)); i++ {
		if order := compareIdentifiers(a.Pre[i], b.Pre[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a.Pre), len(b.Pre))
}

func compareIdentifiers(a, b string) int {
	x, errX := strconv.ParseUint(a, 10, 64)
	y, errY := strconv.ParseUint(b, 10, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// Bump returns the next version: major, minor or patch.
func (v Version) Bump(part string) (Version, error) {
	switch part {
	case "major":
		return Version{Major: v.Major + 1}, nil
	case "minor":
		return Version{Major: v.Major, Minor: v.Minor + 1}, nil
	case "patch":
		if len(v.Pre) > 0 {
			return Version{Major: v.Major, Minor: v.Minor, Patch: v.Patch}, nil
		}
		return Version{Major: v.Major, Minor: v.Minor, Patch: v.Patch + 1}, nil
	}
	return Version{}, fmt.Errorf("%q is none of major, minor, patch", part)
}
