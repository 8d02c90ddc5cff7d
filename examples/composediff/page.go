// SPDX-License-Identifier: MIT

package main

import (
	"html/template"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
)

// bar is the width of a size in a chart, in percent of the image's largest.
func bar(h compose.ImageHistory, n int64) int64 {
	var most int64 = 1
	for _, s := range h.Sizes {
		most = max(most, s.Bytes)
	}
	return int64(float64(max(n, 0)) / float64(most) * 100)
}

// page is complete in itself: no scripts, nothing loaded.
var page = template.Must(template.New("page").Funcs(template.FuncMap{"bar": bar, "signed": compose.Signed}).Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{.Old}} to {{.New}}</title>
<style>
body { font-family: sans-serif; margin: 2em; max-width: 70em }
table { border-collapse: collapse } td, th { padding: .2em .8em; text-align: left; vertical-align: top }
.bar { background: #3c6eb4; height: .8em } .chart { width: 20em }
</style>
</head>
<body>
<h1>What changed in {{.New}}</h1>
<p>Compared with {{.Old}}.</p>
{{define "list"}}<ul>
{{range .}}<li>{{.}}</li>
{{end}}</ul>
{{end}}
{{- define "changes"}}<table>
<tr><th>Package</th><th>Old</th><th>New</th><th>Added RPMs</th><th>Dropped RPMs</th></tr>
{{range .}}<tr><td>{{.Name}}</td><td>{{.Old}}</td><td>{{.New}}</td><td>{{range .AddedRPMs}}{{.}} {{end}}</td><td>{{range .DroppedRPMs}}{{.}} {{end}}</td></tr>
{{end}}</table>
{{end}}
{{- with .Packages}}{{with .Upgraded}}<h2>Upgraded packages</h2>
{{template "changes" .}}{{end}}
{{- with .Downgraded}}<h2>Downgraded packages</h2>
{{template "changes" .}}{{end}}
{{- with .Added}}<h2>Added packages</h2>
{{template "list" .}}{{end}}
{{- with .Dropped}}<h2>Dropped packages</h2>
{{template "list" .}}{{end}}<p>{{.Unchanged}} packages did not change.</p>
{{end}}
{{- with .Arches.Added}}<h2>Added architectures</h2>
{{template "list" .}}{{end}}
{{- with .Arches.Dropped}}<h2>Dropped architectures</h2>
{{template "list" .}}{{end}}
{{- with .Modules}}{{with .Updated}}<h2>Updated modules</h2>
<ul>
{{range .}}<li>{{.Old}} → {{.New}}</li>
{{end}}</ul>
{{end}}
{{- with .Added}}<h2>Added modules</h2>
{{template "list" .}}{{end}}
{{- with .Dropped}}<h2>Dropped modules</h2>
{{template "list" .}}{{end}}{{end}}
{{- with .Images}}{{with .Added}}<h2>Added images</h2>
{{template "list" .}}{{end}}
{{- with .Dropped}}<h2>Dropped images</h2>
{{template "list" .}}{{end}}
{{- with .Resized}}<h2>Images of another size</h2>
<table>
<tr><th>Image</th><th>Old</th><th>New</th><th>Change</th></tr>
{{range .}}<tr><td>{{.Image}}</td><td>{{.Old}}</td><td>{{.New}}</td><td>{{signed .Delta}}</td></tr>
{{end}}</table>
{{end}}{{end}}
{{- with .Untouched}}<h2>Images that need not be made again</h2>
{{template "list" .}}{{end}}
{{- with .Sizes}}<h2>Image sizes over time</h2>
{{range $h := .}}<h3>{{$h.Image}}</h3>
<table>
{{range $h.Sizes}}<tr><td>{{.Compose}}</td><td>{{.Bytes}}</td><td class="chart"><div class="bar" style="width: {{bar $h .Bytes}}%"></div></td></tr>
{{end}}</table>
{{end}}{{end}}
{{- with .Pushes}}<h2>Last pushes of updates</h2>
{{template "list" .}}{{end}}</body>
</html>
`))
