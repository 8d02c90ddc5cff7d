// SPDX-License-Identifier: MIT

// Package kerberos gives tokens for Kerberos logins at Koji hubs, in pure Go:
// a [koji.Negotiator] over gokrb5. It is a module of its own, so that programs
// that log in otherwise carry none of it.
//
// # A first login
//
//	n, err := kerberos.FromCCache("")    // what kinit has got
//	c, err := koji.FromProfile("fedora", koji.WithNegotiator(n))
//
// [FromKeytab] is for services, [FromPassword] for tests.
//
// # Caches
//
// An empty name means KRB5CCNAME, then default_ccache_name of krb5.conf, then
// FILE:/tmp/krb5cc_UID. Types FILE, DIR and KCM (Fedora's default) are read
// anew for each token, so that a later kinit is seen. KEYRING, MEMORY and API
// can't be read without the system's library: the error says which command
// helps.
//
// # Configuration
//
// krb5.conf is read as MIT Kerberos reads it, includes included: KRB5_CONFIG
// (a list separated by colons), else /etc/krb5.conf. Of it count the default
// realm, realms with their KDCs, domain_realm, dns_lookup_kdc, clockskew,
// default_ccache_name, kcm_socket and dns_canonicalize_hostname.
//
// # Errors
//
// Errors are an [*Error] with advice in its text, and the raw words of the
// library or KDC in Err. The context of a token bounds the wait for KDCs.
//
// # What is not covered
//
// Smart cards, KDC proxies over HTTPS, delegation.
package kerberos
