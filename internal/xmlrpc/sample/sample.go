// SPDX-License-Identifier: MIT

// Package sample makes large answers as a hub writes them, for benchmarks.
package sample

import (
	"fmt"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// Row is one build of listTagged with the members that a hub sends, as a user
// of kolo/xmlrpc declares it.
type Row struct {
	BuildID         int      `xmlrpc:"build_id"`
	CompletionTime  string   `xmlrpc:"completion_time"`
	CreateEvent     int      `xmlrpc:"create_event"`
	CreationEventID int      `xmlrpc:"creation_event_id"`
	CreationTime    string   `xmlrpc:"creation_time"`
	Draft           bool     `xmlrpc:"draft"`
	Epoch           *int     `xmlrpc:"epoch"`
	ID              int      `xmlrpc:"id"`
	Name            string   `xmlrpc:"name"`
	NVR             string   `xmlrpc:"nvr"`
	OwnerID         int      `xmlrpc:"owner_id"`
	OwnerName       string   `xmlrpc:"owner_name"`
	PackageID       int      `xmlrpc:"package_id"`
	PackageName     string   `xmlrpc:"package_name"`
	PromoterID      *int     `xmlrpc:"promoter_id"`
	PromoterName    *string  `xmlrpc:"promoter_name"`
	PromotionTime   *string  `xmlrpc:"promotion_time"`
	Release         string   `xmlrpc:"release"`
	StartTime       string   `xmlrpc:"start_time"`
	State           int      `xmlrpc:"state"`
	TagID           int      `xmlrpc:"tag_id"`
	TagName         string   `xmlrpc:"tag_name"`
	TaskID          int      `xmlrpc:"task_id"`
	Version         string   `xmlrpc:"version"`
	VolumeID        int      `xmlrpc:"volume_id"`
	VolumeName      string   `xmlrpc:"volume_name"`
	Weight          *float64 `xmlrpc:"weight"`
}

// ListTagged returns a hub's answer to listTagged with so many builds.
func ListTagged(n int) []byte {
	rows := make([]any, n)
	for i := range rows {
		name := fmt.Sprintf("package-%d", i)
		version, release := fmt.Sprintf("1.%d.%d", i%40, i%7), fmt.Sprintf("%d.f41", i%5+1)
		at := func(n int) string { return fmt.Sprintf("2026-11-%02d %02d:%02d:36.%06d+00:00", n%28+1, n%24, n%60, n) }
		rows[i] = map[string]any{
			"build_id": 1000 + i, "completion_time": at(i + 3), "create_event": 90000 + i, "creation_event_id": 80000 + i,
			"creation_time": at(i), "draft": false, "epoch": nil, "id": 1000 + i, "name": name,
			"nvr": name + "-" + version + "-" + release, "owner_id": i % 300, "owner_name": fmt.Sprintf("owner%d", i%300),
			"package_id": 5 + i, "package_name": name, "promoter_id": nil, "promoter_name": nil, "promotion_time": nil,
			"release": release, "start_time": at(i + 1), "state": 1, "tag_id": 7, "tag_name": "f41", "task_id": 50000 + i,
			"version": version, "volume_id": 0, "volume_name": "DEFAULT",
		}
	}
	doc, err := xmlrpc.EncodeResponse(rows)
	if err != nil {
		panic(err) // plain values always encode
	}
	return doc
}
