// SPDX-License-Identifier: MIT

package distgit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Forge is the software of a dist-git's web front end.
type Forge int

// The forges whose API this package speaks.
const (
	ForgeUnknown Forge = iota // not said: probe
	Pagure                    // with the dist-git plugin, as src.fedoraproject.org until its move
	Forgejo                   // and Gitea; namespaces are organizations
	GitLab                    // as CentOS Stream's; reads and statuses
)

var forgeNames = []string{"unknown", "pagure", "forgejo", "gitlab"}

// String returns the name in lower case; an unknown value prints as
// "Forge(9)".
func (f Forge) String() string {
	if f < 0 || int(f) >= len(forgeNames) {
		return fmt.Sprintf("Forge(%d)", int(f))
	}
	return forgeNames[f]
}

// MarshalText returns [Forge.String].
func (f Forge) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a name that [Forge.String] gives.
func (f *Forge) UnmarshalText(text []byte) error {
	i := slices.Index(forgeNames, string(text))
	if i < 0 {
		return &Error{Op: "parse forge", Msg: fmt.Sprintf("unknown forge %q", text), Err: ErrInvalid}
	}
	*f = Forge(i)
	return nil
}

// Forge returns the software behind the client's URL: what [WithForge] said,
// else what answers its version call. The answer is kept; a failure is not.
func (c *Client) Forge(ctx context.Context) (Forge, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forge != ForgeUnknown {
		return c.forge, nil
	}
	var failed error
	for _, probe := range []struct {
		path  string
		forge Forge
	}{{"/api/0/version", Pagure}, {"/api/v1/version", Forgejo}} {
		var v struct {
			Version string `json:"version"`
		}
		err := c.Do(ctx, "GET", probe.path, nil, nil, &v)
		switch {
		case err == nil && v.Version != "":
			c.forge = probe.forge
			return c.forge, nil
		case isContext(err):
			return ForgeUnknown, err
		case errors.Is(err, ErrUnavailable):
			failed = cmp.Or(failed, err)
		}
	}
	// GitLab's version call needs a login; its project list does not.
	var list []struct {
		ID int64 `json:"id"`
	}
	err := c.Do(ctx, "GET", "/api/v4/projects", map[string][]string{"per_page": {"1"}}, nil, &list)
	if err == nil || errors.Is(err, ErrUnauthorized) {
		c.forge = GitLab
		return c.forge, nil
	}
	if failed == nil {
		failed = &Error{Op: "probe " + c.site.Root, Msg: "no Pagure, Forgejo or GitLab API answers", Err: ErrUnsupported}
	}
	return ForgeUnknown, failed
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
