// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func TestTheDocumentationNamesEveryMethodThatIsMissing(t *testing.T) {
	signatures, err := os.ReadFile("methods.txt")
	require.NoError(t, err)
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	c := &caller{t: t, hub: kojitest.NewHub(kojitest.Seed{})}
	modelled := map[any]bool{}
	for _, name := range c.must("system.listMethods").([]any) {
		modelled[name] = true
	}
	_, text, _ := strings.Cut(string(doc), "These are missing:")
	text, _, _ = strings.Cut(text, "configuration (showOpts)")
	words := map[string]bool{"showOpts": true}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n\t(),;:", r) }) {
		words[strings.TrimRight(w, ".")] = true
	}
	for line := range strings.Lines(string(signatures)) {
		name, _, _ := strings.Cut(line, "(")
		assert.Equal(t, !modelled[name], words[name], name)
	}
}
