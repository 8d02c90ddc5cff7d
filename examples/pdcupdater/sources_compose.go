// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

// folder holds composes: a directory, or a URL.
type folder struct {
	place   string
	client  *compose.Client
	retries int
}

func (f folder) connect(opts ...compose.Option) (*compose.Client, error) {
	if strings.Contains(f.place, "://") {
		return compose.NewClient(f.place, opts...)
	}
	if _, err := os.Stat(f.place); err != nil {
		return nil, err
	}
	return compose.NewDirClient(os.DirFS(f.place)), nil
}

// metadata reads a file of a compose as it is; nil if there is none.
func (f folder) metadata(ctx context.Context, id, name string) (json.RawMessage, error) {
	path := f.place + "/" + id + "/compose/metadata/" + name
	var data []byte
	var err error
	if strings.Contains(f.place, "://") {
		data, err = get(ctx, path, 1<<30, f.retries)
	} else {
		data, err = os.ReadFile(filepath.FromSlash(path))
	}
	switch {
	case errors.Is(err, errNotFound), errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !json.Valid(data):
		return nil, fmt.Errorf("%s is not JSON, or cut off after %d bytes", path, len(data))
	}
	return data, nil
}

// info reads composeinfo.json and checks that it is of that compose.
func (f folder) info(ctx context.Context, id string) (*compose.Info, error) {
	info, err := f.client.Info(ctx, id)
	if err != nil {
		return nil, err
	}
	if info.Compose.ID != id {
		return nil, fmt.Errorf("the metadata in folder %s is of %q", id, info.Compose.ID)
	}
	return info, nil
}

// read reads all of a compose that PDC wants to know.
func (f folder) read(ctx context.Context, id string) (c updater.Compose, err error) {
	if c.Info, err = f.info(ctx, id); err != nil {
		return c, err
	}
	for name, into := range map[string]*json.RawMessage{"composeinfo.json": &c.InfoJSON, "images.json": &c.Images, "rpms.json": &c.RPMs} {
		if *into, err = f.metadata(ctx, id, name); err != nil {
			return c, err
		}
	}
	modules, err := f.client.Modules(ctx, id)
	switch {
	case errors.Is(err, compose.ErrNotFound):
		return c, nil
	case err != nil:
		return c, err
	}
	for _, arches := range modules.Variants {
		for _, byUID := range arches {
			c.Modules = append(c.Modules, sortedKeys(byUID)...)
		}
	}
	slices.Sort(c.Modules)
	c.Modules = slices.Compact(c.Modules)
	return c, nil
}

// composeOf reads the compose of a message from the folders that are known.
// The message's own location is not followed: anybody may have written it.
func (a *app) composeOf(ctx context.Context, id, _ string) (updater.Compose, error) {
	if _, err := compose.ParseID(id); err != nil {
		return updater.Compose{}, err
	}
	for _, f := range a.folders {
		c, err := f.read(ctx, id)
		if !errors.Is(err, compose.ErrNotFound) {
			return c, err
		}
	}
	return updater.Compose{}, fmt.Errorf("compose %s is in none of the folders of -composes: %w", id, compose.ErrNotFound)
}

// allComposes are the good composes in the folders. Of those that PDC has
// already only their names are read.
func (a *app) allComposes(ctx context.Context, release string) ([]updater.Compose, error) {
	known := map[string]bool{}
	for row, err := range a.services.pdc.Composes().All(ctx, pdc.Query{Fresh: true, Fields: []string{"compose_id"}}) {
		if err != nil {
			return nil, err
		}
		known[row.ComposeID] = true
	}
	var out []updater.Compose
	for _, f := range a.folders {
		list, err := f.client.List(ctx, compose.Query{Status: []compose.Status{compose.Finished, compose.FinishedIncomplete}})
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			info, err := f.info(ctx, x.Name)
			if errors.Is(err, compose.ErrNotFound) {
				continue // its files are cleaned up
			}
			if err != nil {
				return nil, err
			}
			if release != "" && updater.ReleaseOfCompose(info) != release {
				continue
			}
			c := updater.Compose{Info: info}
			if !known[x.Name] {
				if c, err = f.read(ctx, x.Name); err != nil {
					return nil, err
				}
			}
			out = append(out, c)
		}
	}
	return out, nil
}
