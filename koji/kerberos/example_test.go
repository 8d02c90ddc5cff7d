// SPDX-License-Identifier: MIT

package kerberos_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kerberos"
)

func Example() {
	n, err := kerberos.FromCCache("KEYRING:persistent:1000")
	if err != nil {
		log.Fatal(err)
	}
	c, err := koji.NewClient("https://koji.example.com/kojihub", koji.WithNegotiator(n))
	if err != nil {
		log.Fatal(err)
	}
	err = c.Login(context.Background())
	fmt.Println(errors.Is(err, koji.ErrUnauthorized)) // the text says how to get a cache that can be read
	// Output: true
}
