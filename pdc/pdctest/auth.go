// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// User is an account of the server.
type User struct {
	Name      string
	Email     string
	FullName  string
	Token     string // empty until it is first asked for
	Superuser bool   // may do everything
	Staff     bool
	Groups    []string // whose permissions it has; made when they don't exist
}

type user struct {
	User
	tokens int // handed out so far
}

// AddUser adds an account, or replaces one of the same name.
func (p *PDC) AddUser(u User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addUser(u)
	p.keep(entry{Account: &u})
}

func (p *PDC) addUser(u User) {
	p.version++
	for _, g := range u.Groups {
		if p.tables["group"].find("name", g) == nil {
			p.tables["group"].insert(map[string]any{"name": g})
		}
	}
	for _, x := range p.users {
		if x.Name == u.Name {
			x.User = u
			return
		}
	}
	p.users = append(p.users, &user{User: u})
}

// Grant gives a group the right to "create", "read", "update" or "delete" a
// resource ("rpms").
func (p *PDC) Grant(group, resource, permission string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.grant(group, resource, permission); err != nil {
		return err
	}
	p.keep(entry{Grant: &[3]string{group, resource, permission}})
	return nil
}

func (p *PDC) grant(group, resource, permission string) error {
	perm := p.permission(resource, permission)
	g := p.tables["group"].find("name", group)
	if perm == nil || g == nil {
		return fmt.Errorf("pdctest: no group %q or no permission to %s %q", group, permission, resource)
	}
	p.version++
	p.tables["groupresourcepermission"].insert(map[string]any{"resource_permission": perm, "group": g})
	return nil
}

func (p *PDC) permission(resource, permission string) *row {
	for _, x := range p.tables["resourcepermission"].rows {
		if x.str("resource") == resource && x.str("permission") == permission {
			return x
		}
	}
	return nil
}

var (
	noCredentials = &problem{status: 401, body: obj{{"detail", "Authentication credentials were not provided."}},
		header: map[string]string{"Www-Authenticate": "Token"}}
	badToken = &problem{status: 401, body: obj{{"detail", "Invalid token."}},
		header: map[string]string{"Www-Authenticate": "Token"}}
	noPermission = detail(403, "You do not have permission to perform this action.")
)

// authenticate finds who sent a request. Schemes other than Token are
// ignored, as the server does.
func (p *PDC) authenticate(c *call) *problem {
	if c.user != nil {
		return nil // taken up from a journal
	}
	if p.options.RemoteUser != nil {
		if name := p.options.RemoteUser(c.r); name != "" {
			if c.user = p.account(name); c.user == nil {
				p.users = append(p.users, &user{User: User{Name: name}})
				c.user = p.users[len(p.users)-1]
			}
			return nil
		}
	}
	parts := strings.Fields(c.r.Header.Get("Authorization"))
	if len(parts) == 0 || !strings.EqualFold(parts[0], "token") {
		return nil
	}
	if len(parts) == 1 {
		return withDetail(badToken, "Invalid token header. No credentials provided.")
	}
	token := strings.Join(parts[1:], " ")
	for _, u := range p.users {
		if u.Token != "" && u.Token == token {
			c.user = u
			return nil
		}
	}
	if len(parts) > 2 {
		return withDetail(badToken, "Invalid token header. Token string should not contain spaces.")
	}
	return badToken
}

func withDetail(prob *problem, text string) *problem {
	return &problem{status: prob.status, body: obj{{"detail", text}}, header: prob.header}
}

func (p *PDC) account(name string) *user {
	for _, u := range p.users {
		if u.Name == name {
			return u
		}
	}
	return nil
}

// admit checks who may do what, before anything else is looked at.
func (p *PDC) admit(c *call, r *resource, method string) *problem {
	return p.admitTo(c, strings.TrimSuffix(r.path, "/"), method)
}

func (p *PDC) admitTo(c *call, resource, method string) *problem {
	if prob := p.authenticate(c); prob != nil {
		return prob
	}
	if reading(method) || method == http.MethodOptions {
		if c.user == nil && p.options.Closed {
			return noCredentials
		}
		return nil
	}
	if c.user == nil {
		return noCredentials
	}
	if c.user.Superuser {
		return nil
	}
	need := map[string]string{http.MethodPost: "create", http.MethodPut: "update",
		http.MethodPatch: "update", http.MethodDelete: "delete"}[method]
	if p.granted(c.user, resource, need) {
		return nil
	}
	return noPermission
}

func (p *PDC) granted(u *user, resource, need string) bool {
	return slices.ContainsFunc(p.tables["groupresourcepermission"].rows, func(x *row) bool {
		perm := x.ref("resource_permission")
		return perm.str("resource") == resource && perm.str("permission") == need &&
			slices.Contains(u.Groups, x.ref("group").str("name"))
	})
}

// newToken is unlike all others of the server, and the same in each run.
func (p *PDC) newToken(u *user) string {
	u.tokens++
	h := uint64(14695981039346656037)
	var b strings.Builder
	for i := 0; b.Len() < 40; i++ {
		for _, ch := range []byte(fmt.Sprintf("%s/%d/%d", u.Name, u.tokens, i)) {
			h = (h ^ uint64(ch)) * 1099511628211
		}
		fmt.Fprintf(&b, "%016x", h)
	}
	return b.String()[:40]
}

// token serves auth/token/.
func (p *PDC) token(c *call, action string) reply {
	prob := p.authenticate(c)
	if prob == nil && c.user == nil {
		prob = noCredentials
	}
	if prob != nil {
		return prob.reply()
	}
	allow := map[string]string{"": "OPTIONS", "obtain": "GET, POST, HEAD, OPTIONS", "refresh": "GET, PUT, HEAD, OPTIONS"}[action]
	header := map[string]string{"Allow": allow}
	switch {
	case action == "":
		return reply{status: 200, header: header}
	case !strings.Contains(", "+allow+",", ", "+c.r.Method+","):
		return methodNotAllowed(c.r.Method, allow).reply()
	case action == "refresh" && c.user.Token == "":
		return reply{status: 400, header: header, body: obj{{"Refresh Token Error",
			fmt.Sprintf("You haven't got a token yet, please obtain a token first: %s%sauth/token/obtain/", c.base, root)}}}
	case action == "refresh" || c.user.Token == "":
		old := c.user.Token
		c.user.Token = p.newToken(c.user)
		u := c.user
		p.undo = append(p.undo, func() { u.Token = old })
	}
	return reply{status: 200, header: header, body: obj{{"token", c.user.Token}}}
}

// currentUser serves auth/current-user/.
func (p *PDC) currentUser(c *call) reply {
	prob := p.authenticate(c)
	if prob == nil && c.user == nil {
		prob = noCredentials
	}
	if prob != nil {
		return prob.reply()
	}
	u := c.user
	groups := append([]string{}, u.Groups...)
	slices.Sort(groups)
	var rights []*row
	for _, x := range p.tables["resourcepermission"].rows {
		if perm := x.str("permission"); u.Superuser || perm == "read" || p.granted(u, x.str("resource"), perm) {
			rights = append(rights, x)
		}
	}
	if !u.Superuser { // these go through a set of row ids, in the order of names
		slices.SortStableFunc(rights, func(a, b *row) int { return strings.Compare(a.str("resource"), b.str("resource")) })
		rights = hashOrder(rights, func(x *row) int64 { return int64(x.id) })
	}
	var res []any
	for _, x := range rights {
		res = append(res, obj{{"resource", x.v["resource"]}, {"permission", x.v["permission"]}})
	}
	perms := []string{}
	if u.Superuser {
		for _, x := range p.tables["permission"].rows {
			perms = append(perms, x.str("app_label")+"."+x.str("codename"))
		}
		slices.Sort(perms)
	}
	return reply{status: 200, header: map[string]string{"Allow": "GET, HEAD, OPTIONS"}, body: obj{
		{"username", u.Name}, {"fullname", u.FullName}, {"e-mail", u.Email}, {"is_superuser", u.Superuser},
		{"is_staff", u.Staff}, {"groups", groups}, {"permissions", perms}, {"resource_permissions", res}}}
}
