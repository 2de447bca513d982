// Command semver sorts and raises semantic versions.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

const usage = `usage: semver sort [VERSION...]        sorts them, or the lines of standard input
       semver bump PART VERSION        the next one; PART: major, minor or patch`

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "semver: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 3 && args[0] == "bump":
		version, err := Parse(args[2])
		if err != nil {
			return err
		}
		next, err := version.Bump(args[1])
		if err != nil {
			return err
		}
		fmt.Fprintln(out, next)
		return nil
	case len(args) > 0 && args[0] == "sort":
		return sort(args[1:], in, out)
	}
	return errors.New("does not know that\n" + usage)
}

func sort(texts []string, in io.Reader, out io.Writer) error {
	if len(texts) == 0 {
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			texts = append(texts, lines.Text())
		}
		if err := lines.Err(); err != nil {
			return err
		}
	}
	versions := make([]Version, 0, len(texts))
	for _, text := range texts {
		version, err := Parse(text)
		if err != nil {
			return err
		}
		versions = append(versions, version)
	}
	slices.SortFunc(versions, Compare)
	for _, version := range versions {
		fmt.Fprintln(out, version)
	}
	return nil
}
