// SPDX-License-Identifier: MIT

package rebuild

import (
	"errors"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/koji"
)

// Clients are those of the services in which packages are built; nil where no
// address was given.
type Clients struct {
	Koji *koji.Client
	Git  *git.Client
	Web  *distgit.Client // dist-git's web front end
}

// Login is who writes. Without Write the hub is not logged in to.
type Login struct {
	User, Password string
	Write          bool
}

// Retries is how often clients of a run try again: they give up soon, since the
// driver waits longer, and says so.
const Retries = 1

// Connect makes the clients, which wait so long before they try again. It talks
// to nobody.
func Connect(hub source.From, distGit string, as Login, wait time.Duration) (c Clients, err error) {
	if distGit != "" {
		var webErr, gitErr error
		c.Web, webErr = distgit.NewClient(distGit, distgit.WithRetry(distgit.Retry{Max: Retries, Wait: wait, MaxWait: wait}))
		opts := []git.Option{git.WithWeb(c.Web), git.WithRetry(git.Retry{Max: Retries, Wait: wait, MaxWait: wait})}
		if as.Password != "" && as.User != "" {
			opts = append(opts, git.WithPassword(as.User, as.Password))
		}
		if webErr == nil {
			c.Git, gitErr = git.NewClient(distGit, opts...)
		}
		err = errors.Join(webErr, gitErr)
	}
	if hub.Koji != "" || hub.Profile != "" {
		opts := []koji.Option{koji.WithRetry(koji.Retry{Max: Retries, Wait: wait, MaxWait: wait})}
		if as.Write && as.Password != "" {
			opts = append(opts, koji.WithPassword(as.User, as.Password))
		}
		var hubErr error
		c.Koji, hubErr = hub.Client(opts...)
		err = errors.Join(err, hubErr)
	}
	return c, err
}
