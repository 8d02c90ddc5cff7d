// SPDX-License-Identifier: MIT

package comps_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd/comps"
)

func Example() {
	c, err := comps.Read(strings.NewReader(`<comps>
  <group><id>web</id><name>Web</name><packagelist>
    <packagereq type="default">httpd</packagereq>
    <packagereq arch="s390x">mod_z</packagereq>
  </packagelist></group>
</comps>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	log, err := c.Apply(comps.Edit{Op: comps.Add, Package: "nginx", Group: "web", Type: comps.Optional})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(log[0].Text)
	c.Filter("x86_64", "")
	c.WriteTo(os.Stdout)
	// Output:
	// add package nginx to group web
	// <?xml version="1.0" encoding="UTF-8"?>
	// <!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
	// <comps>
	//   <group>
	//     <id>web</id>
	//     <name>Web</name>
	//     <packagelist>
	//       <packagereq type="default">httpd</packagereq>
	//       <packagereq type="optional">nginx</packagereq>
	//     </packagelist>
	//   </group>
	// </comps>
}
