// SPDX-License-Identifier: MIT

package rpm_test

import (
	"fmt"

	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// Versions are ordered as rpm orders them.
func ExampleCompareVersions() {
	fmt.Println(rpm.CompareVersions("1.0~rc1", "1.0"), rpm.CompareVersions("1.0^git1", "1.0"), rpm.CompareVersions("1.10", "1.9"))
	// Output: -1 1 1
}
