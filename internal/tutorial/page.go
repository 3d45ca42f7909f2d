// Package tutorial follows a tutorial as its reader does: it runs the commands
// that stand on the page, writes its files, compares what the page says comes
// out with what does, and so keeps the page from growing untrue.
//
// What is to be done with a fenced block stands behind its language, where
// readers do not see it:
//
//	sh             is run by a shell, and must succeed
//	sh terminal    is started in a terminal of its own, and runs to the end
//	js src/app.js  is written into that file, which the text before it names
//	text           is what the last command printed; … stands for anything
//	text log       is what the first terminal has printed since that command
//
// A paragraph that begins with "**In the browser**" asks the reader to act; the
// test does it with a function that names the paragraph by some of its words.
package tutorial

import (
	"fmt"
	"os"
	"strings"
)

type kind int

const (
	run kind = iota
	open
	write
	printed
	logged
	act
)

// A step is something that the reader does or sees.
type step struct {
	kind kind
	line int    // of the page
	text string // of the block or paragraph
	file string // to write
}

// inBrowser begins a paragraph that asks the reader to act.
const inBrowser = "**In the browser**"

// read returns the steps of a page.
func read(file string) ([]step, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	steps, err := parse(strings.ReplaceAll(string(text), "\r\n", "\n"))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return steps, nil
}

func parse(text string) ([]step, error) {
	var steps []step
	lines := strings.Split(text, "\n")
	prose := "" // since the last block
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if !strings.HasPrefix(line, "```") {
			prose += line + "\n"
			continue
		}
		steps = append(steps, acts(prose, i)...)
		end := i + 1
		for end < len(lines) && lines[end] != "```" {
			end++
		}
		if end == len(lines) {
			return nil, fmt.Errorf("%d: a block without an end", i+1)
		}
		s, err := block(strings.TrimPrefix(line, "```"), strings.Join(lines[i+1:end], "\n")+"\n", prose)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
		s.line = i + 1
		steps = append(steps, s)
		i, prose = end, ""
	}
	return append(steps, acts(prose, len(lines))...), nil
}

// acts returns what paragraphs ask the reader to do; end is the line behind them.
func acts(prose string, end int) []step {
	var steps []step
	line := end - strings.Count(prose, "\n") + 1
	for _, paragraph := range strings.Split(prose, "\n\n") {
		if trimmed := strings.TrimSpace(paragraph); strings.HasPrefix(trimmed, inBrowser) {
			steps = append(steps, step{kind: act, text: trimmed, line: line + len(paragraph) - len(strings.TrimLeft(paragraph, "\n"))})
		}
		line += strings.Count(paragraph, "\n") + 2
	}
	return steps
}

func block(info, text, prose string) (step, error) {
	language, what, _ := strings.Cut(strings.TrimSpace(info), " ")
	switch {
	case language == "sh" && what == "":
		return step{kind: run, text: text}, nil
	case language == "sh" && what == "terminal":
		return step{kind: open, text: text}, nil
	case language == "text" && what == "":
		return step{kind: printed, text: text}, nil
	case language == "text" && what == "log":
		return step{kind: logged, text: text}, nil
	case what == "":
		return step{}, fmt.Errorf("nobody says what to do with this block of %q", language)
	case !strings.Contains(prose, "`"+what+"`"):
		return step{}, fmt.Errorf("the text before does not tell the reader that this is %s", what)
	}
	return step{kind: write, text: text, file: what}, nil
}
