// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Push is git.receive: one commit that arrived in dist-git; and
// trac.git.receive, one that arrived in a project of the old forge, which is
// nobody's source.
type Push struct {
	Agent  Name   `json:"agent,omitzero"`
	Commit Commit `json:"commit,omitzero"`
}

// Commit is what a hook tells of a commit.
type Commit struct {
	Rev       string      `json:"rev,omitzero"`
	Repo      string      `json:"repo,omitzero"`
	Namespace string      `json:"namespace,omitzero"`
	Branch    string      `json:"branch,omitzero"`
	Name      string      `json:"name,omitzero"`
	Email     string      `json:"email,omitzero"`
	Username  string      `json:"username,omitzero"`
	Agent     Name        `json:"agent,omitzero"`
	Summary   string      `json:"summary,omitzero"`
	Message   string      `json:"message,omitzero"`
	Path      string      `json:"path,omitzero"`
	Date      Time        `json:"date,omitzero"`
	URL       string      `json:"url,omitzero"`
	Stats     CommitStats `json:"stats,omitzero"`
}

// CommitStats counts lines by file.
type CommitStats struct {
	Files map[string]FileStats `json:"files,omitzero"`
	Total *FileStats           `json:"total,omitzero"`
}

// FileStats counts lines. Old hooks send Insertions, newer ones Additions.
type FileStats struct {
	Additions  *int `json:"additions,omitzero"`
	Insertions *int `json:"insertions,omitzero"`
	Deletions  *int `json:"deletions,omitzero"`
	Lines      *int `json:"lines,omitzero"`
	Files      *int `json:"files,omitzero"`
}

// Added returns the added lines, under either of their names.
func (f FileStats) Added() int {
	for _, n := range []*int{f.Additions, f.Insertions} {
		if n != nil {
			return *n
		}
	}
	return 0
}

// Files returns the changed paths, sorted.
func (c Commit) Files() []string { return slices.Sorted(maps.Keys(c.Stats.Files)) }

// Retires reports whether the commit adds the file dead.package and takes
// nothing away from it.
func (c Commit) Retires() bool {
	f, ok := c.Stats.Files["dead.package"]
	return ok && f.Added() > 0 && (f.Deletions == nil || *f.Deletions == 0)
}

func (p *Push) check(topic Topic) error {
	// The old forge's hooks may tell the repository alone.
	if p.Commit.Rev == "" && topic.App != "trac" {
		return errors.New("a push without a commit")
	}
	if strings.Trim(p.Commit.Rev, "0123456789abcdefABCDEF") != "" {
		return errors.New("a commit id that is not hexadecimal")
	}
	if repo, _ := p.Where(topic); repo == "" {
		return errors.New("a push without a repository")
	}
	return nil
}

// Where returns the repository with its namespace ("rpms/bash") and the
// branch. The earliest hooks told both in the topic; no namespace means rpms.
func (p *Push) Where(topic Topic) (repo, branch string) {
	repo, branch = p.Commit.Repo, p.Commit.Branch
	if rest, ok := strings.CutPrefix(topic.Event, "receive."); ok && repo == "" {
		i := strings.LastIndexByte(rest, '.')
		if i < 0 {
			i = len(rest)
		} else if branch == "" {
			branch = rest[i+1:]
		}
		repo = rest[:i]
	}
	if repo == "" {
		return "", branch
	}
	return inNamespace(p.Commit.Namespace, repo), strings.TrimPrefix(branch, "refs/heads/")
}

func (p *Push) outcomes(topic Topic) []outcome {
	if topic.App == "trac" {
		return nil
	}
	repo, branch := p.Where(topic)
	return pushed(repo, branch, p.Commit.Rev, p.Commit.Retires())
}

func pushed(repo, branch, rev string, retired bool) []outcome {
	o := outcome{artifact: repo + "#" + rev, place: PlaceBranch, at: branch, effect: EffectSource}
	if repo != "" {
		o.ids = ids(planner.ID(repo))
	}
	if namespace, name, _ := strings.Cut(repo, "/"); namespace == "modules" && name != "" {
		o.ids = ids(planner.ID(repo + ":" + branch))
		o.place, o.at = PlaceStream, name+":"+branch
	}
	if retired {
		o.effect = EffectRetired
	}
	return []outcome{o}
}

func inNamespace(namespace, repo string) string {
	if namespace == "" {
		namespace = "rpms"
	}
	return namespace + "/" + repo
}

// PagurePush is pagure.git.receive: one push, of any number of commits, to a
// repository of Pagure.
type PagurePush struct {
	Agent         Name              `json:"agent,omitzero"`
	Repo          PagureRepo        `json:"repo,omitzero"`
	Branch        string            `json:"branch,omitzero"`
	StartCommit   string            `json:"start_commit,omitzero"`
	EndCommit     string            `json:"end_commit,omitzero"`
	OldCommit     string            `json:"old_commit,omitzero"`
	TotalCommits  int               `json:"total_commits,omitzero"`
	Forced        *bool             `json:"forced,omitzero"`
	PullRequestID int64             `json:"pull_request_id,omitzero"`
	ChangedFiles  map[string]string `json:"changed_files,omitzero"`
	Commit        *Commit           `json:"commit,omitzero"`
}

// PagureRepo is a project of Pagure. Parent is not null for a fork.
type PagureRepo struct {
	ID        int64           `json:"id,omitzero"`
	Name      string          `json:"name,omitzero"`
	FullName  string          `json:"fullname,omitzero"`
	Namespace string          `json:"namespace,omitzero"`
	Parent    json.RawMessage `json:"parent,omitzero"`
}

func (p *PagurePush) check(Topic) error {
	if p.Repo.Name == "" && p.Commit == nil {
		return errors.New("a push without a repository")
	}
	return nil
}

// outcomes leaves out forks and projects without namespace: the first are
// nobody's source yet, the second are no dist-git.
func (p *PagurePush) outcomes(Topic) []outcome {
	fork := isObject(p.Repo.Parent) || strings.HasPrefix(p.Repo.FullName, "forks/")
	if p.Repo.Namespace == "" || p.Repo.Name == "" || fork {
		return nil
	}
	branch := strings.TrimPrefix(p.Branch, "refs/heads/")
	retired := p.ChangedFiles["dead.package"] == "A"
	return pushed(p.Repo.Namespace+"/"+p.Repo.Name, branch, p.EndCommit, retired)
}

// PullRequest is pagure.pull-request.* and pagure.commit.flag.*.
type PullRequest struct {
	Agent       Name            `json:"agent,omitzero"`
	PullRequest json.RawMessage `json:"pullrequest,omitzero"`
	Repo        json.RawMessage `json:"repo,omitzero"`
	Merged      *bool           `json:"merged,omitzero"`
	Flag        *Flag           `json:"flag,omitzero"`
}

// Flag is the word of a CI system on a commit or pull request.
type Flag struct {
	Status   string `json:"status,omitzero"`
	Username string `json:"username,omitzero"`
	URL      string `json:"url,omitzero"`
	Comment  string `json:"comment,omitzero"`
	Percent  Text   `json:"percent,omitzero"`
}

func (*PullRequest) check(Topic) error        { return nil }
func (*PullRequest) outcomes(Topic) []outcome { return nil }

// Branch is git.branch: a branch was made. The earliest form says where in
// the topic alone.
type Branch struct {
	Agent  Name   `json:"agent,omitzero"`
	Name   string `json:"name,omitzero"`
	Branch string `json:"branch,omitzero"`
}

func (*Branch) check(Topic) error        { return nil }
func (*Branch) outcomes(Topic) []outcome { return nil }

// Upload is git.lookaside.new: a source archive was put beside dist-git.
type Upload struct {
	Agent    Name   `json:"agent,omitzero"`
	Name     string `json:"name,omitzero"`
	Filename string `json:"filename,omitzero"`
	MD5Sum   string `json:"md5sum,omitzero"`
	Hash     string `json:"hash,omitzero"`
}

func (*Upload) check(Topic) error        { return nil }
func (*Upload) outcomes(Topic) []outcome { return nil }

// Branching is git.pkgdb2branch.* and git.mass_branch.*: branches are made for
// many packages.
type Branching struct {
	Agent      Name     `json:"agent,omitzero"`
	Branched   []string `json:"branchedPackages,omitzero"`
	Unbranched []string `json:"unbranchedPackages,omitzero"`
}

func (*Branching) check(Topic) error        { return nil }
func (*Branching) outcomes(Topic) []outcome { return nil }

func ids(names ...planner.ID) []planner.ID { return names }

// sourceID returns the node of the source package that a build came from. A
// build of the module macros is nobody's source.
func sourceID(name, release string) []planner.ID {
	if name == "module-build-macros" || name == "" || release == "" {
		return nil
	}
	return ids(planner.ID("rpms/" + name))
}
