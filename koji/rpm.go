// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"encoding/base64"
	"iter"
	"time"
)

// An RPM is one rpm, built here or seen in an external repo.
type RPM struct {
	ID             int            `xmlrpc:"id,rpm_id"`
	Name           string         `xmlrpc:"name"`
	Version        string         `xmlrpc:"version"`
	Release        string         `xmlrpc:"release"`
	Epoch          *int           `xmlrpc:"epoch"` // nil: none
	Arch           string         `xmlrpc:"arch"`
	NVR            string         `xmlrpc:"nvr"`          // of the rpm, not of its build; "" where not told
	BuildID        int            `xmlrpc:"build_id"`     // 0: external
	BuildrootID    int            `xmlrpc:"buildroot_id"` // 0: not known
	BuildTime      time.Time      `xmlrpc:"buildtime"`
	Size           int64          `xmlrpc:"size"`
	SigMD5         string         `xmlrpc:"payloadhash"` // the rpm's SIGMD5 in hex, whatever the hub calls it
	Draft          bool           `xmlrpc:"draft"`
	MetadataOnly   bool           `xmlrpc:"metadata_only"` // the file itself is not kept
	ExternalRepoID int            `xmlrpc:"external_repo_id"`
	ExternalRepo   string         `xmlrpc:"external_repo_name"` // "INTERNAL" for the hub's own; "" where not told
	SigKey         *string        `xmlrpc:"sigkey"`             // of listings with signatures; "" unsigned, nil not told
	Component      int            `xmlrpc:"component_buildroot_id"`
	IsUpdate       bool           `xmlrpc:"is_update"` // installed into the buildroot later
	Extra          map[string]any `xmlrpc:"extra"`
	Build          *Build         `xmlrpc:"build"`  // of [Client.ImportRPM] only
	More           map[string]any `xmlrpc:",extra"` // members that have no field here
}

// Ref returns the rpm as an argument, by its number.
func (r RPM) Ref() Ref { return ID(r.ID) }

// Parsed returns the rpm's name, epoch, version, release and arch.
func (r RPM) Parsed() NVR {
	return NVR{Name: r.Name, Epoch: r.Epoch, Version: r.Version, Release: r.Release, Arch: r.Arch}
}

// RPM returns an rpm by number or by name-version-release.arch. It calls
// getRPM.
func (c *Client) RPM(ctx context.Context, ref Ref) (RPM, error) {
	if ref == "" {
		return RPM{}, invalid("getRPM", "no rpm given")
	}
	return get[RPM](ctx, c, "getRPM", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// RPMsNamed returns every rpm of a name-version-release.arch: the hub's own
// and those of external repos. It calls getRPM.
func (c *Client) RPMsNamed(ctx context.Context, ref Ref) ([]RPM, error) {
	return list[RPM](ctx, c, "getRPM", ref, Named{"multi": true})
}

// BuildRPMs returns the rpms of a build. It calls listBuildRPMs.
func (c *Client) BuildRPMs(ctx context.Context, build Ref) ([]RPM, error) {
	return list[RPM](ctx, c, "listBuildRPMs", build)
}

// BuildRPMs adds a [Client.BuildRPMs] to the batch.
func (b *Batch) BuildRPMs(build Ref) *Future[[]RPM] { return Add[[]RPM](b, "listBuildRPMs", build) }

// An RPMQuery selects rpms: of a build, built in a buildroot, in an image, or
// installed in a buildroot.
type RPMQuery struct {
	BuildID              int      `koji:"buildID"`
	BuildrootID          int      `koji:"buildrootID"`
	ImageID              int      `koji:"imageID"`
	ComponentBuildrootID int      `koji:"componentBuildrootID"` // installed there
	HostID               int      `koji:"hostID"`
	Arches               []string `koji:"arches"`
	Draft                *bool    `koji:"draft"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListRPMs returns the rpms that match. It calls listRPMs.
func (c *Client) ListRPMs(ctx context.Context, q RPMQuery) ([]RPM, error) {
	return list[RPM](ctx, c, "listRPMs", arguments(nil, named(q))...)
}

// RPMs returns the same rpms as [Client.ListRPMs], page by page, in the query's
// order and by number within it. It calls listRPMs.
func (c *Client) RPMs(ctx context.Context, q RPMQuery) iter.Seq2[RPM, error] {
	q.Order = stable(q.Order, "id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *RPMQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListRPMs)
}

// An RPMDepType is the kind of a dependency.
type RPMDepType int

// The kinds of dependencies.
const (
	DepRequires RPMDepType = iota
	DepProvides
	DepObsoletes
	DepConflicts
	DepSuggests
	DepEnhances
	DepSupplements
	DepRecommends
)

var depTypes = []string{"REQUIRE", "PROVIDE", "OBSOLETE", "CONFLICT", "SUGGEST", "ENHANCE", "SUPPLEMENT", "RECOMMEND"}

// String returns the hub's word: "REQUIRE".
func (t RPMDepType) String() string { return enumString(depTypes, "RPMDepType", int(t)) }

// MarshalText returns the hub's word, or digits for an unknown kind.
func (t RPMDepType) MarshalText() ([]byte, error) { return enumText(depTypes, int(t)) }

// UnmarshalText reads what MarshalText writes.
func (t *RPMDepType) UnmarshalText(text []byte) error {
	n, err := enumParse(depTypes, "dependency type", text)
	*t = RPMDepType(n)
	return err
}

// An RPMDep is one dependency of an rpm.
type RPMDep struct {
	Type    RPMDepType     `xmlrpc:"type"`
	Name    string         `xmlrpc:"name"`
	Version string         `xmlrpc:"version"` // "" for any
	Flags   int            `xmlrpc:"flags"`   // as rpm keeps them; see Op
	More    map[string]any `xmlrpc:",extra"`  // members that have no field here
}

// Op returns the comparison in the dependency's flags: "", "<", "<=", "=",
// ">=" or ">".
func (d RPMDep) Op() string {
	const less, greater, equal = 2, 4, 8
	op := ""
	if d.Flags&less != 0 {
		op += "<"
	}
	if d.Flags&greater != 0 {
		op += ">"
	}
	if d.Flags&equal != 0 {
		op += "="
	}
	return op
}

// RPMDeps returns the dependencies of an rpm of all kinds. It calls
// getRPMDeps.
func (c *Client) RPMDeps(ctx context.Context, rpm Ref) ([]RPMDep, error) {
	return list[RPMDep](ctx, c, "getRPMDeps", rpm)
}

// RPMDepsOf returns the dependencies of an rpm of one kind. It calls
// getRPMDeps.
func (c *Client) RPMDepsOf(ctx context.Context, rpm Ref, kind RPMDepType) ([]RPMDep, error) {
	return list[RPMDep](ctx, c, "getRPMDeps", rpm, Named{"depType": int(kind)})
}

// An RPMFile is a file in an rpm.
type RPMFile struct {
	RPMID  int            `xmlrpc:"rpm_id"` // 0 in listings
	Name   string         `xmlrpc:"name"`
	Digest string         `xmlrpc:"digest,md5"` // "" for what has no content
	Algo   string         `xmlrpc:"digest_algo"`
	Size   int64          `xmlrpc:"size"`
	Flags  int            `xmlrpc:"flags"`
	User   string         `xmlrpc:"user"`
	Group  string         `xmlrpc:"group"`
	Mtime  time.Time      `xmlrpc:"mtime"`
	Mode   int            `xmlrpc:"mode"`   // as stat has it, the kind of file included
	More   map[string]any `xmlrpc:",extra"` // members that have no field here
}

// RPMFiles returns the files in an rpm. It calls listRPMFiles.
func (c *Client) RPMFiles(ctx context.Context, rpm Ref) ([]RPMFile, error) {
	return list[RPMFile](ctx, c, "listRPMFiles", rpm)
}

// RPMFile returns one file in an rpm. It calls getRPMFile.
func (c *Client) RPMFile(ctx context.Context, rpm Ref, name string) (RPMFile, error) {
	f, err := value[*RPMFile](ctx, c, "getRPMFile", arguments([]any{rpm, name}, c.strictly(nil))...)
	if err != nil {
		return RPMFile{}, err
	}
	if f == nil || f.Name == "" {
		return RPMFile{}, notFound("getRPMFile", "no file %s in rpm %s", name, rpm)
	}
	return *f, nil
}

// An RPMHeaderQuery says which headers of which rpm are meant: one that the
// hub knows, or a file in a task's output or among the uploads.
type RPMHeaderQuery struct {
	RPM     Ref      `koji:"rpmID"`
	TaskID  int      `koji:"taskID"`
	Path    string   `koji:"filepath"`
	Headers []string `koji:"headers"` // names of tags: "SUMMARY"; empty: all
}

// RPMHeaders returns headers by tag: text, numbers, lists and []byte, nil for
// tags that the rpm lacks. What does not exist gives an empty map, unless
// [WithStrict] is set. It calls getRPMHeaders.
func (c *Client) RPMHeaders(ctx context.Context, q RPMHeaderQuery) (map[string]any, error) {
	m, err := value[map[string]any](ctx, c, "getRPMHeaders", arguments(nil, c.strictly(named(q)))...)
	if err == nil && m == nil {
		m = map[string]any{}
	}
	return m, err
}

// RPMChecksums returns the digests of an rpm's file and of its signed copies:
// by signing key, "" for the unsigned file, then by algorithm ("md5",
// "sha256"). It calls getRPMChecksums.
func (c *Client) RPMChecksums(ctx context.Context, rpm Ref, algorithms ...string) (map[string]map[string]string, error) {
	n := Named{}
	if len(algorithms) > 0 {
		n["checksum_types"] = algorithms
	}
	return value[map[string]map[string]string](ctx, c, "getRPMChecksums", arguments([]any{rpm}, n)...)
}

// An RPMSignature tells that an rpm has a signature of a key.
type RPMSignature struct {
	RPMID   int            `xmlrpc:"rpm_id"`
	SigKey  string         `xmlrpc:"sigkey"`  // 8 hex digits; "" for the unsigned header
	SigHash string         `xmlrpc:"sighash"` // md5 of the signature header
	More    map[string]any `xmlrpc:",extra"`  // members that have no field here
}

// RPMSignatures returns the signatures of an rpm, or those of a key, or of
// both. It calls queryRPMSigs.
func (c *Client) RPMSignatures(ctx context.Context, rpm Ref, sigKey string) ([]RPMSignature, error) {
	n := Named{}
	if rpm != "" {
		n["rpm_id"] = rpm
	}
	if sigKey != "" {
		n["sigkey"] = sigKey
	}
	if len(n) == 0 {
		return nil, invalid("queryRPMSigs", "needs an rpm or a key")
	}
	return list[RPMSignature](ctx, c, "queryRPMSigs", n)
}

// AddRPMSignature stores a signature header of an rpm. It needs the permission
// sign. It calls addRPMSig.
func (c *Client) AddRPMSignature(ctx context.Context, rpm Ref, header []byte) error {
	return c.Call(ctx, "addRPMSig", []any{rpm, base64.StdEncoding.EncodeToString(header)}, nil)
}

// DeleteRPMSignature removes a stored signature, or with an empty key all of
// them. Admins only. It calls deleteRPMSig.
func (c *Client) DeleteRPMSignature(ctx context.Context, rpm Ref, sigKey string) error {
	n := Named{"sigkey": sigKey}
	if sigKey == "" {
		n = Named{"all_sigs": true}
	}
	return c.Call(ctx, "deleteRPMSig", []any{rpm, n}, nil)
}

// WriteSignedRPM makes the hub write a signed copy of an rpm, from a stored
// signature; force replaces one that is there. It needs the permission sign.
// It calls writeSignedRPM.
func (c *Client) WriteSignedRPM(ctx context.Context, rpm Ref, sigKey string, force bool) error {
	return c.Call(ctx, "writeSignedRPM", arguments([]any{rpm, sigKey}, forced(force)), nil)
}

// ImportRPM imports an uploaded rpm: dir below the uploads, and the file's
// name. The source rpm makes the build and comes first. Admins only. It calls
// importRPM.
func (c *Client) ImportRPM(ctx context.Context, dir, name string) (RPM, error) {
	return value[RPM](ctx, c, "importRPM", dir, name)
}

// AddExternalRPM makes an rpm of an external repo known. Admins only. It calls
// addExternalRPM.
func (c *Client) AddExternalRPM(ctx context.Context, rpm map[string]any, repo Ref) (RPM, error) {
	return value[RPM](ctx, c, "addExternalRPM", rpm, repo)
}
