// SPDX-License-Identifier: MIT

package pdc

// Image is an image of composes. They can be listed only.
type Image struct {
	FileName    string   `json:"file_name"`
	ImageFormat string   `json:"image_format"`
	ImageType   string   `json:"image_type"`
	DiscNumber  int      `json:"disc_number"`
	DiscCount   int      `json:"disc_count"`
	Arch        string   `json:"arch"`
	MTime       int64    `json:"mtime"` // Unix seconds
	Size        int64    `json:"size"`  // bytes
	Bootable    bool     `json:"bootable"`
	ImplantMD5  string   `json:"implant_md5"`
	VolumeID    string   `json:"volume_id"`
	MD5         string   `json:"md5"`
	SHA1        string   `json:"sha1"`
	SHA256      string   `json:"sha256"`
	Composes    []string `json:"composes"`
	Subvariant  string   `json:"subvariant"`
	Extra       Extra    `json:"-"`
}

// Images can be listed only.
func (c *Client) Images() Resource[Image] { return Resource[Image]{c: c, path: "images/"} }

// BuildImage is an image that was built alone, such as a container.
type BuildImage struct {
	URL         string    `json:"url" pdc:"ro"`
	ImageID     string    `json:"image_id" pdc:"req"`
	ImageFormat string    `json:"image_format" pdc:"req"`
	MD5         string    `json:"md5" pdc:"req"`
	RPMs        []RPMLink `json:"rpms"`
	Archives    []Archive `json:"archives"`
	Releases    []string  `json:"releases"`
	Extra       Extra     `json:"-"`
}

// ID returns the image's id, which the server tells only in the URL.
func (b BuildImage) ID() int { return idOf(b.URL) }

// Archive is a file that a build made.
type Archive struct {
	BuildNVR string `json:"build_nvr" pdc:"req"`
	Name     string `json:"name" pdc:"req"`
	Size     int64  `json:"size" pdc:"req"` // bytes
	MD5      string `json:"md5" pdc:"req"`
}

// BuildImages are keyed by id; see [BuildImage.ID].
func (c *Client) BuildImages() Resource[BuildImage] { return numbered[BuildImage](c, "build-images/") }

// BuildImageTest is the state of testing of a [BuildImage].
type BuildImageTest struct {
	ID         int    `json:"id" pdc:"ro"`
	BuildNVR   string `json:"build_nvr" pdc:"ro"`
	Format     string `json:"format" pdc:"ro"`
	TestResult string `json:"test_result" pdc:"req"`
	Extra      Extra  `json:"-"`
}

// BuildImageTests are keyed by "nvr/format".
func (c *Client) BuildImageTests() Resource[BuildImageTest] {
	return Resource[BuildImageTest]{c: c, path: "build-image-rtt-tests/"}
}
