// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"
	"time"
)

// ChecksumType is the kind of an archive's checksum.
type ChecksumType int

// The kinds of checksums.
const (
	ChecksumMD5 ChecksumType = iota
	ChecksumSHA1
	ChecksumSHA256
)

var checksumTypes = []string{"md5", "sha1", "sha256"}

// String returns the kind's name: "sha256".
func (t ChecksumType) String() string { return enumString(checksumTypes, "ChecksumType", int(t)) }

// MarshalText returns the kind's name, or digits for an unknown one.
func (t ChecksumType) MarshalText() ([]byte, error) { return enumText(checksumTypes, int(t)) }

// UnmarshalText reads what MarshalText writes.
func (t *ChecksumType) UnmarshalText(text []byte) error {
	n, err := enumParse(checksumTypes, "checksum type", text)
	*t = ChecksumType(n)
	return err
}

// An Archive is a file of a build that is no rpm.
type Archive struct {
	ID              int            `xmlrpc:"id,archive_id"`
	Filename        string         `xmlrpc:"filename"`
	BuildID         int            `xmlrpc:"build_id"`
	BuildrootID     int            `xmlrpc:"buildroot_id"` // 0: not known
	BuildType       string         `xmlrpc:"btype"`        // "module", "image", "maven"
	BuildTypeID     int            `xmlrpc:"btype_id"`
	TypeID          int            `xmlrpc:"type_id"`
	Type            string         `xmlrpc:"type_name"`
	TypeDescription string         `xmlrpc:"type_description"`
	TypeExtensions  string         `xmlrpc:"type_extensions"` // separated by blanks
	Compression     string         `xmlrpc:"compression_type"`
	Size            int64          `xmlrpc:"size"`
	Checksum        string         `xmlrpc:"checksum"`
	ChecksumType    ChecksumType   `xmlrpc:"checksum_type"`
	MetadataOnly    bool           `xmlrpc:"metadata_only"` // the file itself is not kept
	Extra           map[string]any `xmlrpc:"extra"`

	Arch       string         `xmlrpc:"arch"`   // of images
	RootID     bool           `xmlrpc:"rootid"` // of images: its root is known
	GroupID    string         `xmlrpc:"group_id"`
	ArtifactID string         `xmlrpc:"artifact_id"`
	Version    string         `xmlrpc:"version"` // of Maven artifacts
	RelPath    string         `xmlrpc:"relpath"` // of Windows builds
	Platforms  string         `xmlrpc:"platforms"`
	Flags      string         `xmlrpc:"flags"`
	More       map[string]any `xmlrpc:",extra"` // members that have no field here
}

// Archive returns an archive. It calls getArchive.
func (c *Client) Archive(ctx context.Context, id int) (Archive, error) {
	return get[Archive](ctx, c, "getArchive", id, arguments([]any{id}, c.strictly(nil))...)
}

// ImageArchive returns what is known of an archive as an image: its number,
// Arch and RootID. It calls getImageArchive.
func (c *Client) ImageArchive(ctx context.Context, id int) (Archive, error) {
	return get[Archive](ctx, c, "getImageArchive", id, arguments([]any{id}, c.strictly(nil))...)
}

// An ArchiveQuery selects archives.
type ArchiveQuery struct {
	BuildID              int            `koji:"buildID"`
	BuildrootID          int            `koji:"buildrootID"`
	ComponentBuildrootID int            `koji:"componentBuildrootID"`
	HostID               int            `koji:"hostID"`
	Type                 string         `koji:"type"` // build type; adds that type's members
	Filename             string         `koji:"filename"`
	Size                 int64          `koji:"size"`
	Checksum             string         `koji:"checksum"`
	ChecksumType         *ChecksumType  `koji:"checksum_type"`
	TypeInfo             map[string]any `koji:"typeInfo"`
	ImageID              int            `koji:"imageID"` // archives that are part of the image
	ArchiveID            int            `koji:"archiveID"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListArchives returns the archives that match. It calls listArchives.
func (c *Client) ListArchives(ctx context.Context, q ArchiveQuery) ([]Archive, error) {
	return list[Archive](ctx, c, "listArchives", arguments(nil, named(q))...)
}

// Archives returns the same archives as [Client.ListArchives], page by page, in the query's
// order and by number within it. It calls listArchives.
func (c *Client) Archives(ctx context.Context, q ArchiveQuery) iter.Seq2[Archive, error] {
	q.Order = stable(q.Order, "id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *ArchiveQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListArchives)
}

// An ArchiveFile is a file inside an archive.
type ArchiveFile struct {
	ArchiveID int            `xmlrpc:"archive_id"`
	Name      string         `xmlrpc:"name"`
	Size      int64          `xmlrpc:"size"`
	Mtime     time.Time      `xmlrpc:"mtime"`
	Mode      int            `xmlrpc:"mode"`
	User      string         `xmlrpc:"user"`
	Group     string         `xmlrpc:"group"`
	More      map[string]any `xmlrpc:",extra"` // members that have no field here
}

// ListArchiveFiles returns the files inside an archive, where the hub can look
// into it. It calls listArchiveFiles.
func (c *Client) ListArchiveFiles(ctx context.Context, id int) ([]ArchiveFile, error) {
	return list[ArchiveFile](ctx, c, "listArchiveFiles", id)
}

// ArchiveFile returns one file inside an archive. It calls getArchiveFile.
func (c *Client) ArchiveFile(ctx context.Context, id int, name string) (ArchiveFile, error) {
	f, err := value[*ArchiveFile](ctx, c, "getArchiveFile", arguments([]any{id, name}, c.strictly(nil))...)
	if err != nil {
		return ArchiveFile{}, err
	}
	if f == nil || f.Name == "" {
		return ArchiveFile{}, notFound("getArchiveFile", "no file %s in archive %d", name, id)
	}
	return *f, nil
}

// An ArchiveType is a kind of file that builds may hold.
type ArchiveType struct {
	ID          int            `xmlrpc:"id"`
	Name        string         `xmlrpc:"name"`
	Description string         `xmlrpc:"description"`
	Extensions  string         `xmlrpc:"extensions"`       // separated by blanks
	Compression string         `xmlrpc:"compression_type"` // "" if none
	More        map[string]any `xmlrpc:",extra"`           // members that have no field here
}

// ListArchiveTypes returns the kinds of files that the hub knows. It calls
// getArchiveTypes.
func (c *Client) ListArchiveTypes(ctx context.Context) ([]ArchiveType, error) {
	return list[ArchiveType](ctx, c, "getArchiveTypes")
}

// ArchiveTypeOf returns the kind of a file, by the longest extension that
// fits its name. It calls getArchiveType.
func (c *Client) ArchiveTypeOf(ctx context.Context, filename string) (ArchiveType, error) {
	return get[ArchiveType](ctx, c, "getArchiveType", filename, c.strictly(Named{"filename": filename}))
}

// ArchiveTypeNamed returns a kind by its name. It calls getArchiveType.
func (c *Client) ArchiveTypeNamed(ctx context.Context, name string) (ArchiveType, error) {
	return get[ArchiveType](ctx, c, "getArchiveType", name, c.strictly(Named{"type_name": name}))
}

// AddArchiveType makes a new kind; extensions are separated by blanks. Admins
// only. It calls addArchiveType.
func (c *Client) AddArchiveType(ctx context.Context, name, description, extensions string) error {
	return c.Call(ctx, "addArchiveType", []any{name, description, extensions}, nil)
}

// ImportArchive adds an uploaded file to a build: its path below the uploads,
// the build, the build type, and what that type wants to know. It calls
// importArchive.
func (c *Client) ImportArchive(ctx context.Context, path string, build map[string]any, buildType string, info map[string]any) error {
	return c.Call(ctx, "importArchive", []any{path, build, buildType, info}, nil)
}
