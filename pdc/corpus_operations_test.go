// SPDX-License-Identifier: MIT

package pdc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/pdc"
)

type operation func(context.Context) (any, error)

// resourceOps derives operations of one resource from requests.
type resourceOps func(e exchange, key string, q url.Values) (operation, bool)

func opsOf[T any](r pdc.Resource[T]) resourceOps {
	return func(e exchange, key string, values url.Values) (operation, bool) {
		q := queryOf(values)
		if at, err := http.ParseTime(e.Request.Headers["If-Modified-Since"]); err == nil {
			q.Since = at
		}
		body := e.Request.Body
		if string(body) == "null" {
			body = nil
		}
		one := func(v T, err error) (any, error) { return v, err }
		switch e.Request.Method + " " + map[bool]string{true: "all", false: "one"}[key == ""] {
		case "GET all":
			return func(ctx context.Context) (any, error) {
				p, err := r.List(ctx, q)
				if err != nil {
					return nil, err
				}
				return listAnswer(e.Response.Body, p)
			}, true
		case "GET one":
			return func(ctx context.Context) (any, error) { return one(r.GetPart(ctx, key, q)) }, true
		case "DELETE one":
			return func(ctx context.Context) (any, error) { return nil, r.Delete(ctx, key) }, body == nil && len(values) == 0
		}
		if len(values) > 0 {
			return nil, false
		}
		var row T
		var rows []T
		var fields pdc.Fields
		var many map[string]pdc.Fields
		var whole map[string]T
		switch e.Request.Method + " " + map[bool]string{true: "all", false: "one"}[key == ""] {
		case "POST all":
			var list []pdc.Fields
			if json.Unmarshal(body, &list) == nil {
				if json.Unmarshal(body, &rows) == nil && sameRows(rows, list) {
					return func(ctx context.Context) (any, error) { return r.CreateAll(ctx, rows, len(rows)) }, len(rows) > 0
				}
				return func(ctx context.Context) (any, error) { return r.CreateAllFields(ctx, list, len(list)) }, true
			}
			if json.Unmarshal(body, &fields) != nil {
				return nil, false
			}
			if json.Unmarshal(body, &row) == nil && sameFields(pdc.FieldsOf(row), fields) {
				return func(ctx context.Context) (any, error) { return one(r.Create(ctx, row)) }, true
			}
			return func(ctx context.Context) (any, error) { return one(r.CreateFields(ctx, fields)) }, true
		case "PATCH one":
			ok := json.Unmarshal(body, &fields) == nil
			return func(ctx context.Context) (any, error) { return one(r.Update(ctx, key, fields)) }, ok
		case "PUT one":
			ok := json.Unmarshal(body, &row) == nil
			return func(ctx context.Context) (any, error) { return one(r.Replace(ctx, key, row)) }, ok
		case "PATCH all":
			ok := json.Unmarshal(body, &many) == nil
			return func(ctx context.Context) (any, error) { return r.UpdateAll(ctx, many) }, ok
		case "PUT all":
			ok := json.Unmarshal(body, &whole) == nil
			return func(ctx context.Context) (any, error) { return r.ReplaceAll(ctx, whole) }, ok
		case "DELETE all":
			keys, ok := keysOf(body)
			return func(ctx context.Context) (any, error) { return nil, r.DeleteAll(ctx, keys) }, ok
		}
		return nil, false
	}
}

// keysOf are a bulk delete's, if all are of one type.
func keysOf(body []byte) ([]string, bool) {
	var list []any
	if json.Unmarshal(body, &list) != nil {
		return nil, false
	}
	out := make([]string, len(list))
	for i, x := range list {
		if reflect.TypeOf(x) != reflect.TypeOf(list[0]) {
			return nil, false
		}
		out[i] = fmt.Sprint(x)
	}
	return out, true
}

func sameFields(a, b pdc.Fields) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	var v, w any
	_, _ = json.Unmarshal(x, &v), json.Unmarshal(y, &w)
	return reflect.DeepEqual(v, w)
}

func sameRows[T any](rows []T, list []pdc.Fields) bool {
	for i, row := range rows {
		if !sameFields(pdc.FieldsOf(row), list[i]) {
			return false
		}
	}
	return true
}

// listAnswer is a page in the shape of the answer it came from.
func listAnswer[T any](body any, p pdc.Page[T]) (any, error) {
	if _, bare := body.([]any); bare {
		return p.Items, nil
	}
	m, _ := body.(map[string]any)
	next := any(nil)
	if p.Next > 0 {
		next = m["next"]
		if u, err := url.Parse(fmt.Sprint(next)); err != nil || u.Query().Get("page") != strconv.Itoa(p.Next) {
			return nil, fmt.Errorf("next page %d of %v", p.Next, next)
		}
	}
	return map[string]any{"count": p.Count, "next": next, "previous": m["previous"], "results": p.Items}, nil
}

// queryOf splits a recorded query into what Query has words for.
func queryOf(v url.Values) pdc.Query {
	q := pdc.Query{Filter: url.Values{}}
	for k, values := range v {
		n, err := strconv.Atoi(values[0])
		switch {
		case k == "fields":
			q.Fields = values
		case k == "exclude_fields":
			q.Exclude = values
		case k == "ordering" && len(values) == 1:
			q.Order = strings.Split(values[0], ",")
		case k == "page" && err == nil && n != 0:
			q.Page = n
		case k == "page_size" && err == nil && n != 0:
			q.PageSize = n
		default:
			q.Filter[k] = values
		}
	}
	return q
}

func resources(c *pdc.Client) map[string]resourceOps {
	return map[string]resourceOps{
		"arches/": opsOf(c.Arches()), "auth/group-resource-permissions/": opsOf(c.GroupRights()), "auth/groups/": opsOf(c.Groups()),
		"auth/permissions/": opsOf(c.Permissions()), "auth/resource-api-urls/": opsOf(c.ResourceURLs()),
		"auth/resource-permissions/": opsOf(c.ResourceRights()), "base-products/": opsOf(c.BaseProducts()),
		"bugzilla-components/": opsOf(c.BugzillaComponents()), "build-image-rtt-tests/": opsOf(c.BuildImageTests()),
		"build-images/": opsOf(c.BuildImages()), "changesets/": opsOf(c.Changesets()), "component-branch-slas/": opsOf(c.BranchSLAs()),
		"component-branches/": opsOf(c.Branches()), "component-group-types/": opsOf(c.ComponentGroupTypes()),
		"component-groups/": opsOf(c.ComponentGroups()), "component-relationship-types/": opsOf(c.RelationshipTypes()),
		"component-sla-types/": opsOf(c.SLATypes()), "compose-image-rtt-tests/": opsOf(c.ComposeImageTests()),
		"compose-tree-locations/": opsOf(c.TreeLocations()), "compose-tree-rtt-tests/": opsOf(c.TreeTests()),
		"composes/": opsOf(c.Composes()), "contact-roles/": opsOf(c.ContactRoles()), "contacts/mailing-lists/": opsOf(c.MailingLists()),
		"contacts/people/": opsOf(c.People()), "content-delivery-content-categories/": opsOf(c.ContentCategories()),
		"content-delivery-content-formats/": opsOf(c.ContentFormats()), "content-delivery-repo-families/": opsOf(c.RepoFamilies()),
		"content-delivery-repos/": opsOf(c.Repos()), "content-delivery-services/": opsOf(c.DeliveryServices()), "cpes/": opsOf(c.CPEs()),
		"global-component-contacts/": opsOf(c.GlobalContacts()), "global-components/": opsOf(c.GlobalComponents()),
		"images/": opsOf(c.Images()), "labels/": opsOf(c.Labels()), "modules/": opsOf(c.Modules()),
		"multi-destinations/": opsOf(c.MultiDestinations()), "osbs/": opsOf(c.OSBS()), "overrides/rpm/": opsOf(c.Overrides()),
		"product-versions/": opsOf(c.ProductVersions()), "products/": opsOf(c.Products()), "push-targets/": opsOf(c.PushTargets()),
		"release-component-contacts/": opsOf(c.ReleaseContacts()), "release-component-relationships/": opsOf(c.Relationships()),
		"release-component-types/": opsOf(c.ComponentTypes()), "release-components/": opsOf(c.ReleaseComponents()),
		"release-groups/": opsOf(c.ReleaseGroups()), "release-schedules/": opsOf(c.ReleaseSchedules()),
		"release-types/": opsOf(c.ReleaseTypes()), "release-variant-types/": opsOf(c.ReleaseVariantTypes()),
		"release-variants/": opsOf(c.ReleaseVariants()), "released-files/": opsOf(c.ReleasedFiles()), "releases/": opsOf(c.Releases()),
		"rpms/": opsOf(c.RPMs()), "sigkeys/": opsOf(c.Sigkeys()), "unreleasedvariants/": opsOf(c.UnreleasedVariants()),
		"variant-cpes/": opsOf(c.VariantCPEs()), "variant-types/": opsOf(c.VariantTypes()),
	}
}

// operationOf finds the typed operation that a request is one of.
func operationOf(c *pdc.Client, e exchange) (operation, bool) {
	u, err := url.Parse(e.Request.Path)
	path, ok := strings.CutPrefix(u.Path, "/rest_api/v1/")
	kind := e.Request.Headers["Content-Type"]
	if err != nil || !ok || path != "" && !strings.HasSuffix(path, "/") || kind != "" && kind != "application/json" {
		return nil, false
	}
	if op, ok := special(c, e, strings.Split(strings.TrimSuffix(path, "/"), "/"), u.Query()); ok {
		return op, op != nil
	}
	known := resources(c)
	for at := len(path); at > 0; at = strings.LastIndexByte(strings.TrimSuffix(path[:at], "/"), '/') + 1 {
		if ops, ok := known[path[:at]]; ok {
			return ops(e, strings.TrimSuffix(path[at:], "/"), u.Query())
		}
	}
	return nil, false
}

// special are the requests that are not about a resource's rows.
func special(c *pdc.Client, e exchange, p []string, q url.Values) (operation, bool) {
	var in map[string]any
	_ = json.Unmarshal(e.Request.Body, &in)
	path := strings.Join(p, "/")
	call := func(f func(context.Context) (any, error)) (operation, bool) { return f, true }
	switch e.Request.Method + " " + path {
	case "GET ":
		return call(func(ctx context.Context) (any, error) { return c.Resources(ctx) })
	case "GET auth/token/obtain":
		return call(func(ctx context.Context) (any, error) {
			s, err := c.ObtainToken(ctx)
			return map[string]any{"token": s}, err
		})
	case "GET auth/token/refresh":
		return call(func(ctx context.Context) (any, error) {
			s, err := c.RefreshToken(ctx)
			return map[string]any{"token": s}, err
		})
	case "GET auth/current-user":
		return call(func(ctx context.Context) (any, error) { return c.CurrentUser(ctx) })
	case "GET rpc/where-to-file-bugs":
		return call(func(ctx context.Context) (any, error) { return c.WhereToFileBugs(ctx, q.Get("nvr")) })
	case "POST rpc/release/clone":
		changes := pdc.Fields{}
		for k, v := range in {
			if k != "old_release_id" {
				changes[k] = v
			}
		}
		return call(func(ctx context.Context) (any, error) {
			return c.CloneRelease(ctx, fmt.Sprint(in["old_release_id"]), changes)
		})
	case "POST rpc/release/clone-components":
		var v pdc.ComponentsClone
		_ = json.Unmarshal(e.Request.Body, &v)
		return call(func(ctx context.Context) (any, error) { return nil, c.CloneComponents(ctx, v) })
	case "POST rpc/content-delivery-repos/clone":
		var v pdc.ClonedRepos
		_ = json.Unmarshal(e.Request.Body, &v)
		if v.From == "" || v.To == "" {
			return nil, true // can't be said
		}
		return call(func(ctx context.Context) (any, error) { return c.CloneRepos(ctx, v) })
	case "POST rpc/release/import-from-composeinfo":
		return call(func(ctx context.Context) (any, error) {
			s, err := c.ImportRelease(ctx, e.Request.Body)
			return map[string]any{"url": s}, err
		})
	case "POST compose-rpms", "POST compose-images", "POST rpc/compose-full-import":
		return importOf(c, path, in)
	case "DELETE overrides/rpm":
		if in["release"] != nil {
			return call(func(ctx context.Context) (any, error) {
				return c.ClearOverrides(ctx, fmt.Sprint(in["release"]), in["force"] == true)
			})
		}
	}
	if e.Request.Method == "GET" && len(p) == 2 && (p[0] == "compose-rpms" || p[0] == "compose-images") {
		return call(func(ctx context.Context) (any, error) {
			if p[0] == "compose-rpms" {
				return c.ComposeRPMs(ctx, p[1])
			}
			return c.ComposeImages(ctx, p[1])
		})
	}
	if len(p) >= 3 && p[0] == "global-components" && p[2] == "labels" {
		id, _ := strconv.Atoi(p[1])
		return opsLabel(c, e, id, strings.Join(p[3:], "/"), q)
	}
	if len(p) == 4 && p[2] == "rpm-mapping" {
		return mappingOp(c, e, p, q)
	}
	if len(p) == 4 && p[0] == "rpc" && strings.HasPrefix(p[1], "find-") {
		return findOp(c, p, q)
	}
	return nil, slices.Contains(p, "rpc") || e.Request.Method == "OPTIONS" || e.Request.Method == "HEAD"
}

func importOf(c *pdc.Client, path string, in map[string]any) (operation, bool) {
	m := pdc.Manifests{Release: fmt.Sprint(in["release_id"]), ComposeInfo: in["composeinfo"], RPMs: in["rpm_manifest"], Images: in["image_manifest"]}
	want := map[string][]string{"compose-rpms": {"composeinfo", "release_id", "rpm_manifest"},
		"compose-images":          {"composeinfo", "image_manifest", "release_id"},
		"rpc/compose-full-import": {"composeinfo", "image_manifest", "location", "release_id", "rpm_manifest", "scheme", "url"}}[path]
	if !slices.Equal(slices.Sorted(maps.Keys(in)), want) {
		return nil, true // can't be said
	}
	return func(ctx context.Context) (any, error) {
		var got pdc.Imported
		var err error
		switch path {
		case "compose-rpms":
			got, err = c.ImportComposeRPMs(ctx, m)
		case "compose-images":
			got, err = c.ImportComposeImages(ctx, m)
		default:
			got, err = c.ImportCompose(ctx, m, pdc.ComposeLocation{Location: fmt.Sprint(in["location"]),
				URL: fmt.Sprint(in["url"]), Scheme: fmt.Sprint(in["scheme"])})
		}
		return got, err
	}, true
}

func opsLabel(c *pdc.Client, e exchange, component int, key string, q url.Values) (operation, bool) {
	return opsOf(c.ComponentLabels(component))(e, key, q)
}

func mappingOp(c *pdc.Client, e exchange, p []string, q url.Values) (operation, bool) {
	raw := q.Get("disable_overrides") != ""
	return func(ctx context.Context) (any, error) {
		switch {
		case p[0] == "releases":
			id, m, err := c.ReleaseMapping(ctx, p[1], p[3], raw)
			return map[string]any{"compose": id, "mapping": m}, err
		case e.Request.Method == "PUT":
			var want pdc.Mapping
			if err := json.Unmarshal(e.Request.Body, &want); err != nil {
				return nil, err
			}
			return c.PlanMapping(ctx, p[1], p[3], want, q.Get("perform") != "")
		case e.Request.Method == "PATCH":
			var changes []pdc.OverrideChange
			if err := json.Unmarshal(e.Request.Body, &changes); err != nil {
				return nil, err
			}
			return nil, c.ChangeMapping(ctx, p[1], p[3], changes)
		}
		return c.ComposeMapping(ctx, p[1], p[3], raw)
	}, true
}

func findOp(c *pdc.Client, p []string, q url.Values) (operation, bool) {
	fq := pdc.FindQuery{IncludedType: q.Get("included_compose_type"), ExcludedType: q.Get("excluded_compose_type"), Latest: q.Get("latest") == "true"}
	if q.Has("to_dict") {
		return nil, true // the typed call gets names
	}
	return func(ctx context.Context) (any, error) {
		switch p[1] {
		case "find-compose-by-release-rpm":
			return c.ComposesWith(ctx, p[2], p[3], fq)
		case "find-composes-by-product-version-rpm":
			return c.ComposesOfProductVersionWith(ctx, p[2], p[3], fq)
		}
		return c.OlderComposeWith(ctx, p[2], p[3], fq)
	}, true
}

func sameMoment(want string, got any) bool {
	a, errA := time.Parse(time.RFC3339Nano, want)
	b, errB := time.Parse(time.RFC3339Nano, fmt.Sprint(got))
	return errA == nil && errB == nil && a.Equal(b)
}
