// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Update is bodhi.update.* and bodhi.errata.publish: something happened to an
// update.
type Update struct {
	Agent         Name            `json:"agent,omitzero"`
	Update        *UpdateInfo     `json:"update,omitzero"`
	Comment       *UpdateComment  `json:"comment,omitzero"`
	Status        string          `json:"status,omitzero"`
	Reason        string          `json:"reason,omitzero"`
	Repo          string          `json:"repo,omitzero"`
	Request       Text            `json:"request,omitzero"`
	NewBugs       json.RawMessage `json:"new_bugs,omitzero"`
	NewBuilds     json.RawMessage `json:"new_builds,omitzero"`
	RemovedBuilds json.RawMessage `json:"removed_builds,omitzero"`
	Subject       string          `json:"subject,omitzero"`
	Body          string          `json:"body,omitzero"`
	// Artifact is the build group that waits for its checks.
	Artifact    *Artifact `json:"artifact,omitzero"`
	Contact     *Contact  `json:"contact,omitzero"`
	GeneratedAt Time      `json:"generated_at,omitzero"`
	Version     string    `json:"version,omitzero"`
	Retrigger   *bool     `json:"re-trigger,omitzero"`
}

// UpdateInfo is an update inside a message. The earliest have a title, the
// NVRs of its builds, and nothing in Builds.
type UpdateInfo struct {
	Alias     string        `json:"alias,omitzero"`
	UpdateID  string        `json:"updateid,omitzero"`
	Title     string        `json:"title,omitzero"`
	Status    string        `json:"status,omitzero"`
	Request   string        `json:"request,omitzero"`
	Type      string        `json:"type,omitzero"`
	Severity  string        `json:"severity,omitzero"`
	Notes     string        `json:"notes,omitzero"`
	Builds    []UpdateBuild `json:"builds,omitzero"`
	Release   UpdateRelease `json:"release,omitzero"`
	User      Name          `json:"user,omitzero"`
	Submitter Name          `json:"submitter,omitzero"`
	URL       string        `json:"url,omitzero"`
	Karma     Text          `json:"karma,omitzero"`
	Critpath  *bool         `json:"critpath,omitzero"`
	Pushed    *bool         `json:"pushed,omitzero"`
}

// UpdateBuild is a build of an update.
type UpdateBuild struct {
	NVR    string `json:"nvr,omitzero"`
	Epoch  Text   `json:"epoch,omitzero"`
	Signed *bool  `json:"signed,omitzero"`
	Type   string `json:"type,omitzero"`
}

// UpdateRelease is Bodhi's release of an update.
type UpdateRelease struct {
	Name       string `json:"name,omitzero"`
	LongName   string `json:"long_name,omitzero"`
	Version    Text   `json:"version,omitzero"`
	Branch     string `json:"branch,omitzero"`
	DistTag    string `json:"dist_tag,omitzero"`
	StableTag  string `json:"stable_tag,omitzero"`
	TestingTag string `json:"testing_tag,omitzero"`
	State      string `json:"state,omitzero"`
}

// UpdateComment is a comment on an update.
type UpdateComment struct {
	Karma     *int            `json:"karma,omitzero"`
	Text      string          `json:"text,omitzero"`
	Timestamp Time            `json:"timestamp,omitzero"`
	User      Name            `json:"user,omitzero"`
	Update    json.RawMessage `json:"update,omitzero"`
}

// Contact is who answers for a message.
type Contact struct {
	Name  string `json:"name,omitzero"`
	Team  string `json:"team,omitzero"`
	URL   string `json:"url,omitzero"`
	Docs  string `json:"docs,omitzero"`
	IRC   string `json:"irc,omitzero"`
	Email string `json:"email,omitzero"`
}

// NVRs returns the builds of the update, of its title where there is no list.
func (u *UpdateInfo) NVRs() []string {
	var out []string
	for _, b := range u.Builds {
		if b.NVR != "" {
			out = append(out, b.NVR)
		}
	}
	if out != nil || len(u.Builds) > 0 {
		return out
	}
	for word := range strings.FieldsFuncSeq(u.Title, func(r rune) bool { return r == ',' || r == ' ' }) {
		if name, _ := splitNVR(word); name != "" {
			out = append(out, word)
		}
	}
	return out
}

func (u *Update) check(t Topic) error {
	if (strings.HasPrefix(t.Event, "update.complete.") || strings.HasPrefix(t.Event, "update.request.")) && u.Update == nil {
		return errors.New("an update message without the update")
	}
	return nil
}

func (u *Update) outcomes(t Topic) []outcome {
	if u.Update == nil {
		return nil
	}
	effect := EffectNone
	switch t.Event {
	case "update.complete.stable", "update.complete.testing":
		effect = EffectAvailable
	case "update.requirements_met.stable":
		effect = EffectPassed
	case "update.request.unpush", "update.request.revoke", "update.request.obsolete":
		effect = EffectWithdrawn
	case "update.eject":
		effect = EffectRefused
	}
	if effect == EffectNone {
		return nil
	}
	var out []outcome
	for _, nvr := range u.Update.NVRs() {
		name, release := splitNVR(nvr)
		out = append(out, outcome{ids: sourceID(name, release), artifact: nvr, effect: effect, place: PlaceUpdate, at: u.Update.Release.Name, detail: u.Reason})
	}
	return out
}

// splitNVR returns the name and the release of a name-version-release; both
// are "" where it is none.
func splitNVR(nvr string) (name, release string) {
	i := strings.LastIndexByte(nvr, '-')
	if i < 1 || i == len(nvr)-1 {
		return "", ""
	}
	j := strings.LastIndexByte(nvr[:i], '-')
	if j < 1 || j == i-1 {
		return "", ""
	}
	return nvr[:j], nvr[i+1:]
}

// Override is bodhi.buildroot_override.tag and untag: a build is lent to the
// buildroot, or taken back.
type Override struct {
	Override OverrideInfo `json:"override,omitzero"`
}

// OverrideInfo says which build by whom. Build is the NVR in older messages.
type OverrideInfo struct {
	NVR       string `json:"nvr,omitzero"`
	Build     Text   `json:"build,omitzero"`
	Submitter Name   `json:"submitter,omitzero"`
}

func (*Override) check(Topic) error { return nil }

func (o *Override) outcomes(t Topic) []outcome {
	name, release := splitNVR(o.Override.NVR)
	if name == "" {
		return nil
	}
	effect := EffectAvailable
	if t.Event == "buildroot_override.untag" {
		effect = EffectWithdrawn
	}
	return []outcome{{ids: sourceID(name, release), artifact: o.Override.NVR, effect: effect, place: PlaceDist, at: distTag(release)}}
}

// UpdatesPush is bodhi.compose.*, bodhi.composer.start and what came before
// them: a push of updates goes on.
type UpdatesPush struct {
	Agent      Name            `json:"agent,omitzero"`
	Repo       string          `json:"repo,omitzero"`
	Path       string          `json:"path,omitzero"`
	CType      string          `json:"ctype,omitzero"`
	Success    *bool           `json:"success,omitzero"`
	Resume     *bool           `json:"resume,omitzero"`
	APIVersion int             `json:"api_version,omitzero"`
	Updates    json.RawMessage `json:"updates,omitzero"`
	Composes   json.RawMessage `json:"composes,omitzero"`
}

// Titles returns the builds or titles of updates that the message lists, nil
// when it lists none.
func (p *UpdatesPush) Titles() []string {
	var list []string
	if len(p.Updates) == 0 || json.Unmarshal(p.Updates, &list) != nil {
		return nil
	}
	return list
}

// Where takes the repository's name apart: "f41-updates-testing" is testing of
// f41, "f30-modular-updates" stable of f30-modular, "epel9" stable of epel9,
// "dist-6E-epel-testing" testing of epel6.
func (p *UpdatesPush) Where() (release, request string) { return splitRepo(p.Repo) }

func splitRepo(repo string) (release, request string) {
	release, request = repo, "stable"
	if before, ok := strings.CutSuffix(release, "-testing"); ok {
		release, request = before, "testing"
	}
	release = strings.TrimSuffix(release, "-updates")
	if middle, ok := strings.CutPrefix(release, "dist-"); ok {
		if number, ok := strings.CutSuffix(middle, "E-epel"); ok {
			release = "epel" + number
		}
	}
	return release, request
}

func (*UpdatesPush) check(Topic) error { return nil }

func (p *UpdatesPush) outcomes(t Topic) []outcome {
	if t.Event != "compose.complete" || p.Success == nil {
		return nil
	}
	o := outcome{ids: ids(planner.ID("composes/" + p.Repo)), artifact: p.Repo, place: PlaceCompose, at: p.Repo, effect: EffectAvailable}
	if !*p.Success {
		o.effect = EffectFailed
	}
	return []outcome{o}
}

// MirrorSync is bodhi.updates.fedora.sync and bodhi.updates.epel.sync: a
// repository of updates has come to the master mirror.
type MirrorSync struct {
	// Release is the number, with "m" behind it for modular repositories.
	Release Text `json:"release,omitzero"`
	// Repo is "updates", "updates-testing", "epel" or "epel-testing".
	Repo string `json:"repo,omitzero"`
	// Bytes is for people ("404 MiB"), RawBytes the number.
	Bytes    string `json:"bytes,omitzero"`
	RawBytes Text   `json:"raw_bytes,omitzero"`
	Deleted  Text   `json:"deleted,omitzero"`
}

// Where returns the release and request as [UpdatesPush.Where] names them.
func (m *MirrorSync) Where(topic Topic) (release, request string) {
	_, request = splitRepo(m.Repo)
	number, modular := strings.CutSuffix(string(m.Release), "m")
	release = "f" + number
	if topic.Event == "updates.epel.sync" {
		release = "epel" + number
	}
	if modular {
		release += "-modular"
	}
	return release, request
}

func (m *MirrorSync) check(Topic) error {
	if m.Release == "" || m.Repo == "" {
		return errors.New("a sync without release or repository")
	}
	return nil
}

func (*MirrorSync) outcomes(Topic) []outcome { return nil }
