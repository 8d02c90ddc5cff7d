// SPDX-License-Identifier: MIT

package modulemd

// Translations hold the texts of a stream in other languages.
type Translations struct {
	Module   string
	Stream   string
	Modified uint64 // by custom YYYYMMDDHHMM; the larger wins in merges
	// Locales maps names such as cs or es_ES to texts. "C" stands for the
	// stream's own, untranslated texts.
	Locales map[string]Translation
	// Unknown holds what lenient reading passed over. It is not written.
	Unknown []UnknownKey
}

// Translation is the texts of a stream in one language; empty ones are not
// translated.
type Translation struct {
	Summary     string
	Description string
	Profiles    map[string]string // descriptions by profile
	empty       emptyKeys
}

// Kind returns KindTranslations.
func (t *Translations) Kind() Kind { return KindTranslations }

// ModuleName returns the name of the module.
func (t *Translations) ModuleName() string { return t.Module }

// Validate returns everything that is wrong as Failures, nil if nothing.
func (t *Translations) Validate() error { return validate(t) }

func (t *Translations) check(r *report) {
	if t.Module == "" {
		r.at(ClassMissing, []string{"module"}, "module is missing")
	}
	if t.Stream == "" {
		r.at(ClassMissing, []string{"stream"}, "stream is missing")
	}
	if t.Modified == 0 {
		r.at(ClassMissing, []string{"modified"}, "modified is missing")
	}
}

// Format returns the translations as one YAML document, locales and profiles
// in byte order.
func (t *Translations) Format() ([]byte, error) { return formatDocument(t) }

// Localize returns the summary and description of s for a locale, falling
// back to its own texts for those that are not translated.
func (t *Translations) Localize(s *Stream, locale string) (summary, description string) {
	summary, description = s.Summary, s.Description
	if t == nil || locale == "C" {
		return summary, description
	}
	if l, ok := t.Locales[locale]; ok {
		if l.Summary != "" {
			summary = l.Summary
		}
		if l.Description != "" {
			description = l.Description
		}
	}
	return summary, description
}

func (d *decoder) translations(h header) *Translations {
	t := &Translations{}
	var seen [2]bool
	for k, v := range d.pairs(h.data) {
		switch d.toks[k].text {
		case "module":
			if !d.twice(k, &seen[0]) {
				d.text(v, &t.Module)
			}
		case "stream":
			if !d.twice(k, &seen[1]) {
				d.text(v, &t.Stream)
			}
		case "modified":
			d.uint(v, &t.Modified)
		case "translations":
			if !d.expect(v, kindMap) {
				continue
			}
			if t.Locales == nil {
				t.Locales = map[string]Translation{}
			}
			for k, v := range d.pairs(v) {
				if d.expect(v, kindMap) {
					t.Locales[d.toks[k].text] = d.translation(v)
				}
			}
		default:
			d.unknownKey(k, v)
		}
	}
	return t
}

func (d *decoder) translation(v int) Translation {
	var t Translation
	for k, v := range d.pairs(v) {
		switch d.toks[k].text {
		case "summary":
			d.optional(v, &t.Summary, &t.empty, emptySummary)
		case "description":
			d.optional(v, &t.Description, &t.empty, emptyDescription)
		case "profiles":
			if !d.expect(v, kindMap) {
				continue
			}
			if t.Profiles == nil {
				t.Profiles = map[string]string{}
			}
			for k, v := range d.pairs(v) {
				var text string
				d.text(v, &text)
				t.Profiles[d.toks[k].text] = text
			}
		default:
			d.unknownKey(k, v)
		}
	}
	return t
}

func (t *Translations) write(e *emitter) {
	e.startDocument("modulemd-translations", 1)
	e.key("module")
	e.text(t.Module)
	e.key("stream")
	e.quoted(t.Stream)
	e.key("modified")
	e.uint(t.Modified)
	if len(t.Locales) > 0 {
		e.key("translations")
		e.openMap()
		for _, locale := range sortedKeys(t.Locales) {
			l := t.Locales[locale]
			e.keyText(locale, true)
			l.write(e)
		}
		e.closeMap()
	}
	e.endDocument()
}

func (l *Translation) write(e *emitter) {
	summary := l.empty.has(emptySummary, l.Summary)
	description := l.empty.has(emptyDescription, l.Description)
	if !summary && !description && len(l.Profiles) == 0 {
		e.emptyMap()
		return
	}
	e.openMap()
	e.optional("summary", l.Summary, summary)
	e.optional("description", l.Description, description)
	if len(l.Profiles) > 0 {
		e.key("profiles")
		e.openMap()
		for _, p := range sortedKeys(l.Profiles) {
			e.keyText(p, true)
			e.text(l.Profiles[p])
		}
		e.closeMap()
	}
	e.closeMap()
}
