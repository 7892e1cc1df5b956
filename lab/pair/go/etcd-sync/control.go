package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Control is a folder of files by which the lab makes this program misbehave; usually it is empty.
type Control struct{ folder string }

// Delay is how long a change is kept back.
func (c Control) Delay() time.Duration {
	milliseconds, err := strconv.Atoi(c.word("delay"))
	if err != nil {
		return 0
	}
	return time.Duration(milliseconds) * time.Millisecond
}

// Stopped tells whether changes are kept back until further notice.
func (c Control) Stopped() bool { return c.word("stopped") != "" }

// Unready tells whether it says that it is not ready.
func (c Control) Unready() bool { return c.word("unready") != "" }

// Answer is how the monitor answers, instead of truly.
func (c Control) Answer() string { return c.word("answer") }

func (c Control) word(name string) string {
	text, err := os.ReadFile(filepath.Join(c.folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
