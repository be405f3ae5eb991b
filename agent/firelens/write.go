package firelens

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// writer writes lines.
type writer struct{ strings.Builder }

func (w *writer) line(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }

// pairs writes options, sorted by their names.
func (w *writer) pairs(before string, options map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(options)) {
		w.line("%s%s %s", before, key, options[key])
	}
}

// fluentd writes the configuration of Fluentd.
func (p *parts) fluentd() string {
	var w writer
	for _, in := range p.inputs {
		w.line("\n<source>\n    @type %s", in.name)
		if in.tag != "" {
			w.line("    tag %s", in.tag)
		}
		w.pairs("    ", in.options)
		w.line("</source>")
	}
	for _, kind := range []struct {
		element string
		filters []filter
	}{{"regexp", p.include}, {"exclude", p.exclude}} {
		for _, f := range kind.filters {
			w.line("\n<filter %s>\n    @type  grep\n    <%s>\n        key log\n        pattern %s\n    </%s>\n</filter>", f.tag, kind.element, f.pattern, kind.element)
		}
	}
	if len(p.fields) > 0 {
		w.line("\n<filter %s>\n    @type record_transformer\n    <record>", p.all)
		w.pairs("        ", p.fields)
		w.line("    </record>\n</filter>")
	}
	if p.external != "" {
		w.line("\n@include %s", p.external)
	}
	for _, out := range p.outputs {
		w.line("\n<match %s>\n    @type %s", out.tag, out.name)
		w.pairs("    ", out.options)
		w.line("</match>")
	}
	return w.String()
}

// fluentBit writes the configuration of Fluent Bit.
func (p *parts) fluentBit() string {
	var w writer
	for _, in := range p.inputs {
		w.line("\n[INPUT]\n    Name %s", in.name)
		if in.tag != "" {
			w.line("    Tag %s", in.tag)
		}
		w.pairs("    ", in.options)
	}
	for _, f := range p.include {
		w.line("\n[FILTER]\n    Name   grep\n    Match %s\n    Regex  log %s", f.tag, f.pattern)
	}
	for _, f := range p.exclude {
		w.line("\n[FILTER]\n    Name   grep\n    Match %s\n    Exclude log %s", f.tag, f.pattern)
	}
	if len(p.fields) > 0 {
		w.line("\n[FILTER]\n    Name record_modifier\n    Match %s", p.all)
		w.pairs("    Record ", p.fields)
	}
	if p.external != "" {
		w.line("\n@INCLUDE %s", p.external)
	}
	for _, out := range p.outputs {
		w.line("\n[OUTPUT]\n    Name %s\n    Match %s", out.name, out.tag)
		w.pairs("    ", out.options)
	}
	return w.String()
}
