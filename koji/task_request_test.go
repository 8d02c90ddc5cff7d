// SPDX-License-Identifier: MIT

package koji_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-f134cc8e/relkit/koji"
)

func TestTaskParametersHaveNames(t *testing.T) {
	for name, c := range map[string]struct {
		task  koji.Task
		want  map[string]any
		known bool
		pkg   string
	}{
		"positional": {koji.Task{Method: "build", Request: []any{"git+https://src.example.com/rpms/bash.git#abc", "f42", map[string]any{"scratch": true}}},
			map[string]any{"src": "git+https://src.example.com/rpms/bash.git#abc", "target": "f42", "opts": map[string]any{"scratch": true}}, true, "bash"},
		"some by name": {koji.Task{Method: "runroot", Request: []any{"f42-build", "x86_64", "ls", map[string]any{"__starstar": true, "weight": 1.5}}},
			map[string]any{"root": "f42-build", "arch": "x86_64", "command": "ls", "weight": 1.5}, true, ""},
		"all by name": {koji.Task{Method: "newThing", Request: []any{map[string]any{"__method__": "newThing", "a": int64(1)}}},
			map[string]any{"a": int64(1)}, true, ""},
		"an upload":       {koji.Task{Method: "buildArch", Request: []any{"cli-build/1.2/python-x-1.0-1.fc42.src.rpm"}}, map[string]any{"pkg": "cli-build/1.2/python-x-1.0-1.fc42.src.rpm"}, true, "python-x"},
		"an unknown task": {koji.Task{Method: "odd", Request: []any{"x", int64(2)}}, map[string]any{"0": "x", "1": int64(2)}, false, ""},
		"without request": {koji.Task{Method: "build"}, nil, false, ""},
	} {
		got, known := c.task.Parameters()
		assert.Equal(t, c.want, got, name)
		assert.Equal(t, c.known, known, name)
		assert.Equal(t, c.pkg, c.task.Package(), name)
	}
}

func TestModuleBuilds(t *testing.T) {
	assert.Equal(t, "rust-toolset-1_0-4120250101.abcdef12", koji.ModuleNVR("rust-toolset", "1-0", "4120250101", "abcdef12").String())
	b := koji.Build{Extra: map[string]any{"typeinfo": map[string]any{"module": map[string]any{
		"name": "rust", "stream": "stable", "version": int64(41), "context": "abc", "module_build_service_id": int64(5), "content_koji_tag": "module-rust", "modulemd_str": "document: modulemd\n"}}}}
	m, ok := b.Module()
	assert.True(t, ok)
	assert.Equal(t, koji.ModuleInfo{Name: "rust", Stream: "stable", Version: "41", Context: "abc", ServiceID: 5, ContentTag: "module-rust", Modulemd: "document: modulemd\n"}, m)
	_, ok = koji.Build{}.Module()
	assert.False(t, ok)
}
