// SPDX-License-Identifier: MIT

package koji

import "strconv"

// TaskURL returns a task's page in the web interface, "" without
// [WithWebURL].
func (c *Client) TaskURL(id int) string { return c.webPage("taskinfo?taskID=", id) }

// BuildURL returns a build's page in the web interface, "" without
// [WithWebURL].
func (c *Client) BuildURL(id int) string { return c.webPage("buildinfo?buildID=", id) }

// TagURL returns a tag's page in the web interface, "" without [WithWebURL].
func (c *Client) TagURL(id int) string { return c.webPage("taginfo?tagID=", id) }

func (c *Client) webPage(path string, id int) string {
	if c.hub.cfg.webURL == "" {
		return ""
	}
	return c.hub.cfg.webURL + "/" + path + strconv.Itoa(id)
}
