// SPDX-License-Identifier: MIT

// Compsgen makes comps.xml and variants.xml on the fly: groups out of the
// profiles of a modules.yaml, changed by edits that it stores.
//
//	go run ./examples/compsgen                     # a demonstration
//	compsgen -modules modules.yaml -arch x86_64 comps
//	compsgen -modules modules.yaml -arches x86_64,s390x variants
//	compsgen -modules modules.yaml -edits edits.jsonl -write serve
//
// Over HTTP there are GET /comps.xml (?arch=), GET /variants.xml and GET /edits,
// each with an ETag, and POST /edits: a JSON list of edits, carried out all or
// none. It needs If-Match with the ETag of /edits, so that nobody edits what
// another one has changed in the meantime. Modules are read anew for every
// question.
//
// Exit codes: 0 done; 1 a file or server failed; 2 wrong usage; 3 stored edits
// do not fit the modules any more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitConflict = 3
)

const usage = `usage: compsgen [flags] [command]

commands:
  demo       edits over HTTP, and what they lead to (default)
  comps      write comps.xml
  variants   write variants.xml
  edits      write the stored edits, and whether they fit
  serve      answer over HTTP

exit codes: 0 done, 1 failed, 2 usage, 3 stored edits do not fit any more

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out a command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s := &store{now: time.Now}
	var arch, arches, listen string
	flags := flag.NewFlagSet("compsgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.modules, "modules", "", "modules.yaml, plain or packed; empty means that of the demonstration")
	flags.StringVar(&s.edits, "edits", "", "file of stored edits, made when it is missing; empty means none are kept")
	flags.StringVar(&s.variant, "variant", "AppStream", "id of the variant")
	flags.StringVar(&s.name, "name", "", "name of the variant; empty means its id")
	flags.StringVar(&arch, "arch", "", "architecture of comps.xml; empty means all, with marks")
	flags.StringVar(&arches, "arches", "x86_64", "architectures of the variant, with commas")
	flags.StringVar(&listen, "listen", "127.0.0.1:8080", "address to serve at")
	flags.BoolVar(&s.write, "write", false, "accept edits over HTTP")
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDone
		}
		return exitUsage
	}
	s.arches = strings.FieldsFunc(arches, func(r rune) bool { return r == ',' || r == ' ' })
	if flags.NArg() > 1 || s.variant == "" || len(s.arches) == 0 {
		flags.Usage()
		return exitUsage
	}
	var err error
	switch flags.Arg(0) {
	case "", "demo":
		err = demo(ctx, stdout)
	case "comps", "variants", "edits":
		err = s.print(ctx, stdout, flags.Arg(0), arch)
	case "serve":
		err = serve(ctx, listen, s, stdout)
	default:
		flags.Usage()
		return exitUsage
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errConflict):
		fmt.Fprintln(stderr, "compsgen:", err)
		return exitConflict
	}
	fmt.Fprintln(stderr, "compsgen:", err)
	return exitFailed
}

// print writes a document, also when some of the stored edits do not fit.
func (s *store) print(ctx context.Context, out io.Writer, what, arch string) error {
	st, err := s.load(ctx)
	if err != nil {
		return err
	}
	body, err := st.render(what, arch)
	if err != nil {
		return err
	}
	if _, err := out.Write(body); err != nil {
		return err
	}
	return st.conflict()
}

func serve(ctx context.Context, listen string, s *store, out io.Writer) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on http://%s\n", l.Addr())
	srv := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	stopped := context.AfterFunc(ctx, func() {
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(deadline)
	})
	defer stopped()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
