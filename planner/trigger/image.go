// SPDX-License-Identifier: MIT

package trigger

import "encoding/json"

// Image is autocloud.image.* and fedimg.image.*: an image of a compose is
// tested or uploaded.
type Image struct {
	ComposeID   string          `json:"compose_id,omitzero"`
	ComposeURL  string          `json:"compose_url,omitzero"`
	Family      string          `json:"family,omitzero"`
	ImageName   string          `json:"image_name,omitzero"`
	ImageURL    string          `json:"image_url,omitzero"`
	JobID       Text            `json:"job_id,omitzero"`
	Release     Text            `json:"release,omitzero"`
	Status      string          `json:"status,omitzero"`
	Type        string          `json:"type,omitzero"`
	Destination string          `json:"destination,omitzero"`
	Service     string          `json:"service,omitzero"`
	Details     json.RawMessage `json:"extra,omitzero"`
}

func (*Image) check(Topic) error        { return nil }
func (*Image) outcomes(Topic) []outcome { return nil }

// OpenQAJob is openqa.job.done: a test of a compose ended. Build is the
// compose id, Result passed, failed, softfailed, incomplete and others.
type OpenQAJob struct {
	ID        Text   `json:"id,omitzero"`
	Build     string `json:"BUILD,omitzero"`
	Test      string `json:"TEST,omitzero"`
	Arch      string `json:"ARCH,omitzero"`
	Flavor    string `json:"FLAVOR,omitzero"`
	Machine   string `json:"MACHINE,omitzero"`
	ISO       string `json:"ISO,omitzero"`
	HDD1      string `json:"HDD_1,omitzero"`
	Result    string `json:"result,omitzero"`
	Remaining *int   `json:"remaining,omitzero"`
}

func (*OpenQAJob) check(Topic) error        { return nil }
func (*OpenQAJob) outcomes(Topic) []outcome { return nil }

// Mdapi is mdapi.repo.update: the metadata of a repository changed. Legacy
// messages have Differences in place of Packages.
type Mdapi struct {
	Name        string          `json:"name,omitzero"`
	URL         string          `json:"url,omitzero"`
	Packages    []string        `json:"packages,omitzero"`
	Differences json.RawMessage `json:"differences,omitzero"`
}

func (*Mdapi) check(Topic) error        { return nil }
func (*Mdapi) outcomes(Topic) []outcome { return nil }

// TwoWeek is releng.atomic.twoweek.*: a two-week release of Atomic, one member
// for each image or architecture.
type TwoWeek map[string]json.RawMessage

func (*TwoWeek) check(Topic) error        { return nil }
func (*TwoWeek) outcomes(Topic) []outcome { return nil }
