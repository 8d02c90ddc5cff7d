// SPDX-License-Identifier: MIT

package modulemd

// kind says what a token is.
type kind uint8

const (
	kindScalar kind = iota
	kindMap         // its tokens alternate between keys and values
	kindSeq
	kindAlias
)

// token is one node of a document, in document order. A collection is
// followed by the tokens of its contents; end is the index behind them.
// Everything that decoding needs is here, so that the fast scanner and the
// YAML library can feed the same decoders.
type token struct {
	text string
	kind kind
	line int32 // from 1 within the document
	col  int32 // from 1; bytes when the fast scanner made it, characters otherwise
	end  int32
}

// document is one sub-document cut out of a stream.
type document struct {
	text  string // from its first directive or marker up to the next one's
	line  int    // of the first byte of text in the file, from 1
	index int    // from 1, in the file
}
