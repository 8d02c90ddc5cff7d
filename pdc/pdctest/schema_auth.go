// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strings"
)

// permissionOrder is the order in which the server lists rights. Letters are
// create, delete, read and update.
const permissionOrder = `auth/groups ru|auth/permissions r|auth/resource-permissions r|auth/group-resource-permissions cdru|
auth/resource-api-urls cdru|labels cdru|arches cr|sigkeys cru|composes dru|composes/(?P<compose_id>[^/]+)/rpm-mapping ur|
compose-rpms cr|compose-images cr|overrides/rpm cdr|rpc/overrides-rpm/clone c|rpc/where-to-file-bugs r|
rpc/find-compose-by-release-rpm/(?P<release_id>[^/]+)/(?P<rpm_name>[^/]+) r|
rpc/find-older-compose-by-compose-rpm/(?P<compose_id>[^/]+)/(?P<rpm_name>[^/]+) r|
rpc/find-composes-by-product-version-rpm/(?P<product_version>[^/]+)/(?P<rpm_name>[^/]+) r|
rpc/compose-full-import c|compose-tree-locations cdru|compose-tree-rtt-tests ru|compose-image-rtt-tests ru|modules cdru|
rpms cru|images r|build-images cdru|build-image-rtt-tests ru|released-files cdru|products cru|product-versions cru|
releases cru|base-products cru|release-types r|release-groups cdru|releases/(?P<release_id>[^/]+)/rpm-mapping r|
rpc/release/import-from-composeinfo c|rpc/release/clone c|rpc/release/clone-components c|release-variants cdru|cpes cdru|
variant-cpes cdru|release-variant-types r|variant-types r|content-delivery-repos cdru|content-delivery-repo-families r|
rpc/content-delivery-repos/clone c|rpc/repos/clone c|content-delivery-content-categories r|content-delivery-content-formats r|
content-delivery-services r|push-targets cdru|multi-destinations cdru|contacts/people cdru|contacts/mailing-lists cdru|
contact-roles cdru|global-component-contacts cdru|release-component-contacts cdru|global-components cdru|
global-components/(?P<instance_pk>[^/.]+)/labels cdru|release-components cdru|bugzilla-components cdru|component-groups cdru|
component-group-types cdru|component-relationship-types cdru|release-component-relationships cdru|release-component-types r|
changesets r|osbs ru|component-branches cdru|component-sla-types cdru|component-branch-slas cdru|unreleasedvariants cdru|
release-schedules cdru`

// models are the kinds of objects by the part of the server they belong to;
// each has a permission to add, change and delete.
const models = `admin: logentry|auth: group permission|authtoken: token|
bindings: releasebugzillamapping releasecomponentsrpmnamemapping releasedistgitmapping|changeset: change changeset|
common: arch label sigkey|component: bugzillacomponent globalcomponent grouptype releasecomponent releasecomponentgroup
releasecomponentrelationship releasecomponentrelationshiptype releasecomponenttype upstream|
componentbranch: componentbranch sla slatocomponentbranch|compose: compose composeacceptancetestingstate composeimage
composerelpath composerpm composetree composetype location overriderpm path pathtype scheme variant variantarch|
contact: contact contactrole globalcomponentcontact maillist person releasecomponentcontact|contenttypes: contenttype|
kerb_auth: actionpermission groupresourcepermission resource resourceapiurl resourcepermission user|
module: builddependency module runtimedependency|osbs: osbsrecord|package: archive buildimage dependency image imageformat
imagetype releasedfiles rpm|release: baseproduct cpe product productversion release releasegroup releasegrouptype releasetype
variant variantarch variantcpe varianttype|releaseschedule: releaseschedule|repository: contentcategory contentformat
multidestination pushtarget repo repofamily service|sessions: session|usage: resourceusage`

func (p *PDC) defineAuth() {
	perms := p.table("permission", "permission")
	for _, app := range strings.Split(models, "|") {
		name, list, _ := strings.Cut(strings.TrimSpace(app), ": ")
		for _, model := range strings.Fields(list) {
			for _, verb := range []string{"add", "change", "delete"} {
				perms.insert(map[string]any{"codename": verb + "_" + model, "app_label": name, "model": model})
			}
		}
	}
	p.add(&resource{path: "auth/permissions/", table: perms, verbs: "L",
		fields:  []*field{f("codename", kStr, req), f("app_label", kStr, req), f("model", kStr, req)},
		filters: map[string]filter{"codename": multi("codename"), "app_label": multi("app_label"), "model": multi("model")}})

	rights := p.table("resourcepermission", "resource permission")
	for _, item := range strings.Split(permissionOrder, "|") {
		item = strings.TrimSpace(item)
		i := strings.LastIndexByte(item, ' ')
		for _, letter := range item[i+1:] {
			word := map[rune]string{'c': "create", 'd': "delete", 'r': "read", 'u': "update"}[letter]
			rights.insert(map[string]any{"resource": item[:i], "permission": word})
		}
	}
	p.add(&resource{path: "auth/resource-permissions/", table: rights, verbs: "L", order: []string{"resource", "permission"},
		fields:  []*field{f("resource", kStr, req), f("permission", kStr, req)},
		filters: map[string]filter{"resource": multi("resource"), "permission": multi("permission")}})

	groups := p.table("group", "group", byName("name"))
	p.add(&resource{path: "auth/groups/", table: groups, verbs: "LGPU",
		fields: []*field{
			f("url", kCustom, ro, show(func(c *call, x *row) any { return fmt.Sprintf("%s%sauth/groups/%d/", c.base, root, x.id) })),
			f("name", kStr, req, maxLen(80)),
			f("permissions", kCustom, req, parse(func(*writing, any) (any, any) { return nil, nil }),
				show(func(*call, *row) any { return []any{} })),
		},
		before: func(w *writing) any {
			if _, given := w.in["permissions"]; given {
				return internalError // a flaw of the server
			}
			return nil
		},
		filters: map[string]filter{"name": multi("name"), "permission_codename": multi("permissions.codename"),
			"permission_app_label": multi("permissions.app_label"), "permission_model": multi("permissions.model")}})

	granted := p.table("groupresourcepermission", "group resource permission", asSet("resource_permission", "group"))
	p.add(&resource{path: "auth/group-resource-permissions/", table: granted, verbs: "LGCPUD",
		order: []string{"group__name", "resource_permission__resource", "resource_permission__permission"},
		fields: []*field{
			f("id", kInt, ro),
			f("resource", kStr, req, show(func(_ *call, x *row) any { return x.ref("resource_permission").v["resource"] })),
			f("permission", kStr, req, show(func(_ *call, x *row) any { return x.ref("resource_permission").v["permission"] })),
			f("group", kRef, req, to("group", "name")),
			f("resource_permission", kCustom, hide, ro),
		},
		before: func(w *writing) any {
			resource, permission := text(w.v["resource"]), text(w.v["permission"])
			if w.old != nil {
				old := w.old.ref("resource_permission")
				if resource == "" {
					resource = old.str("resource")
				}
				if permission == "" {
					permission = old.str("permission")
				}
			}
			delete(w.v, "resource")
			delete(w.v, "permission")
			right := w.c.p.permission(resource, permission)
			if right == nil {
				return fmt.Sprintf("Can't find matched resource permission record for resource %s and permission %s", resource, permission)
			}
			w.v["resource_permission"] = right
			return nil
		},
		export: func(p *PDC, x *row) map[string]any {
			right := x.ref("resource_permission")
			return map[string]any{"group": x.ref("group").v["name"],
				"resource_permission": right.str("resource") + " " + viewClass(right.str("resource")) + " " + right.str("permission")}
		},
		filters: map[string]filter{"group": multi("group.name"), "resource": multi("resource_permission.resource"),
			"permission": multi("resource_permission.permission")}})

	urls := p.table("resourceapiurl", "resource api url", byName("resource"))
	p.add(&resource{path: "auth/resource-api-urls/", table: urls, verbs: "LGCPUD", order: []string{"resource"},
		fields: []*field{
			f("id", kInt, ro), f("resource", kStr, req, check(func(p *PDC, s string) any {
				if !slices.ContainsFunc(rights.rows, func(x *row) bool { return x.str("resource") == s }) {
					return fmt.Sprintf("Object with name=%s does not exist.", s)
				}
				return nil
			})), f("url", kURL, req),
		},
		filters: map[string]filter{"resource": multi("resource"), "url": multi("url")}})
}

// viewClass is the class behind a resource, which change records of rights
// mention. Its package is guessed for all but components.
func viewClass(resource string) string {
	if resource == "global-components" {
		return "<class 'pdc.apps.component.views.GlobalComponentViewSet'>"
	}
	name := resource[strings.LastIndexByte(resource, '/')+1:]
	var class strings.Builder
	for _, w := range strings.Split(strings.TrimSuffix(name, "s"), "-") {
		class.WriteString(capital(w))
	}
	app := strings.Split(strings.TrimSuffix(name, "s"), "-")
	return fmt.Sprintf("<class 'pdc.apps.%s.views.%sViewSet'>", app[len(app)-1], class.String())
}
