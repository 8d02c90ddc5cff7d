// SPDX-License-Identifier: MIT

// Package comps reads, checks, filters, edits, generates and writes comps.xml
// and variants.xml: the files that say which packages make up the groups that
// people install, and which of these the variants of a compose offer.
//
// # What comps are
//
// A group is a list of packages; an environment a list of groups that make a
// system, with further ones as options; a category a heading for groups.
// Composes take comps.xml, cut it down to each variant and architecture, and
// publish it in the repository.
//
// # Reading and writing
//
// [Read] and [ReadVariants] are strict: what they do not know is an error with
// its line, and all faults are returned. [ReadLax] keeps unknown elements and
// attributes. Translations, and the underscores of templates that are still to
// be translated, are kept. [Comps.Format] and [Variants.Format] write what reads
// as the same again; comments are lost, flags without a word are left out, the kinds of elements
// come in one order, ids lose the space around them, and the document type is
// always that of Fedora.
//
// # Filtering
//
// [Comps.FilterPackages] and its kin drop what does not count for an
// architecture and variant, [Comps.Clean] what is thereby left empty,
// [Comps.SelectGroups] and [Comps.SelectEnvironments] what a variant does not
// list. [Comps.ForVariant] does all of it, as a compose does.
//
// # Generating
//
// [Generate] makes groups out of the profiles of module streams, with a category
// and an environment for the variant; [ModuleVariant] the entry of variants.xml
// that goes with them.
//
// # Editing
//
// [Comps.Apply] carries out edits that add, remove and move packages and groups,
// all or none, and returns a log of what they changed, which can be kept as JSON
// and applied again to a newer file.
//
// # Errors
//
// Faults of documents are [Failures] of [*Error] with line and path, and wrap
// [ErrInvalid]. Edits that do not fit wrap [ErrNotFound] or [ErrExist].
//
// # Limits
//
// Documents may have 64 MB and 32 levels. Time and memory grow in proportion to
// them. Entities other than those of XML itself are refused, as are encodings
// other than UTF-8.
package comps
