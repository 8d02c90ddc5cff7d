// SPDX-License-Identifier: MIT

// Composediff answers what changed between two composes: packages, images
// with their sizes over time, modules, and which images need not be made
// again. Without arguments it shows a demo; without composes named it
// compares the last good one with the good one before it. With messages of the
// bus it also tells the last push of updates of each repository.
//
//	go run ./examples/composediff
//	composediff -from https://kojipkgs.fedoraproject.org/compose/rawhide -prefix Fedora-Rawhide -type nightly
//	composediff -from /mnt/compose -format html -pushes bus.jsonl OLD NEW > changes.html
//	composediff -from /mnt/compose -prefix Fedora-Rawhide -last      # only names the last good one
package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

//go:embed demo
var demo embed.FS

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // a server, file or compose failed
	exitUsage  = 2 // the command line makes no sense
)

const usage = `usage: composediff [flags] [OLD NEW]

Compares two composes; without names, the last two good ones that the flags
choose. Without -from it shows a demo.

exit codes: 0 done, 1 failed, 2 usage

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type usageError struct{ error }

type options struct {
	from, format string
	pushes       string
	query        compose.Query
	last         bool
	sizes        int
	names        []string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	f := flag.NewFlagSet("composediff", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.from, "from", "", "`URL` or folder that holds the composes")
	f.StringVar(&o.query.Prefix, "prefix", "", "what the composes' names begin with, such as Fedora-Rawhide")
	f.StringVar((*string)(&o.query.Type), "type", "", "nightly, production, test, ci or development; any if empty")
	f.StringVar(&o.format, "format", "text", "text, json or html")
	f.StringVar(&o.pushes, "pushes", "", "`file` of bus messages that tell of pushes of updates: JSON lines, an array or datagrepper pages")
	f.BoolVar(&o.last, "last", false, "only print the name of the last good compose")
	f.IntVar(&o.sizes, "sizes", 10, "how many good composes to follow image sizes through")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	o.names = f.Args()
	err := o.run(ctx, stdout, stderr)
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(stderr, "composediff:", err)
	if _, bad := errors.AsType[usageError](err); bad {
		return exitUsage
	}
	return exitFailed
}

func (o *options) run(ctx context.Context, out, aside io.Writer) error {
	switch {
	case len(o.names) != 0 && len(o.names) != 2:
		return usageError{errors.New("want two composes, or none (-h for help)")}
	case !slices.Contains([]string{"text", "json", "html"}, o.format):
		return usageError{fmt.Errorf("format %q: want text, json or html", o.format)}
	case o.sizes < 0:
		return usageError{errors.New("-sizes is negative")}
	}
	c, err := o.client()
	if err != nil {
		return err
	}
	if o.last {
		f, err := c.LastGood(ctx, o.query)
		if err == nil {
			_, err = fmt.Fprintf(out, "%s %s\n", f.Name, f.Status)
		}
		return err
	}
	r, err := o.report(ctx, c)
	if err == nil {
		r.Pushes, err = o.lastPushes(aside)
	}
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case "html":
		return page.Execute(out, r)
	}
	return r.text(out)
}

func (o *options) client() (*compose.Client, error) {
	switch {
	case o.from == "":
		sub, err := fs.Sub(demo, "demo")
		if err != nil {
			return nil, err
		}
		return compose.NewDirClient(sub), nil
	case strings.Contains(o.from, "://"):
		c, err := compose.NewClient(o.from, compose.WithUserAgent("composediff"))
		if err != nil {
			return nil, usageError{err}
		}
		return c, nil
	}
	if _, err := os.Stat(o.from); err != nil {
		return nil, err
	}
	return compose.NewDirClient(os.DirFS(o.from)), nil
}

// report is the answer in every format.
type report struct {
	*compose.Diff
	Untouched []compose.ImageRef     `json:"untouched_images"` // of the new compose
	Sizes     []compose.ImageHistory `json:"image_sizes"`
	Pushes    trigger.Pushes         `json:"updates_pushes"` // of each repository the last
}

// lastPushes hears the messages. Those that are set aside are told and do not
// stop it.
func (o *options) lastPushes(aside io.Writer) (trigger.Pushes, error) {
	pushes := trigger.Pushes{}
	var messages []byte
	var err error
	switch {
	case o.pushes != "":
		messages, err = os.ReadFile(o.pushes)
	case o.from == "":
		messages, err = demo.ReadFile("demo/bus.jsonl")
	}
	var in trigger.Inbox
	for raw, err := range trigger.Split(messages) {
		var ev trigger.Event
		if err == nil {
			ev, err = in.Accept("", raw)
		}
		if err != nil {
			fmt.Fprintln(aside, "composediff: set aside:", err)
			continue
		}
		pushes = pushes.Add(ev)
	}
	return pushes, err
}

func (o *options) report(ctx context.Context, c *compose.Client) (*report, error) {
	q := o.query
	q.Status = []compose.Status{compose.Finished, compose.FinishedIncomplete}
	names := o.names
	var good []string
	if len(names) == 0 || o.sizes > 0 {
		if len(names) != 0 && q.Prefix == "" {
			// The history is that of the release which is compared.
			if id, err := compose.ParseID(names[1]); err == nil {
				q.Prefix, q.Type = id.Prefix, id.Type
			}
		}
		found, err := c.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			good = append(good, f.Name)
		}
	}
	if len(names) == 0 {
		if len(good) < 2 {
			return nil, fmt.Errorf("%d good composes found, want two", len(good))
		}
		names = good[len(good)-2:]
	}
	d, err := c.Diff(ctx, names[0], names[1])
	if err != nil {
		return nil, err
	}
	r := &report{Diff: d, Untouched: []compose.ImageRef{}, Sizes: []compose.ImageHistory{}}
	im, err := c.Images(ctx, names[1])
	switch {
	case err == nil:
		r.Untouched = append(r.Untouched, d.Untouched(im)...)
	case !errors.Is(err, compose.ErrNotFound):
		return nil, err
	}
	sizes, err := c.Sizes(ctx, good[max(0, len(good)-o.sizes):]...)
	r.Sizes = append(r.Sizes, sizes...)
	return r, err
}

func (r *report) text(out io.Writer) error {
	if err := r.Diff.Text(out); err != nil {
		return err
	}
	var b strings.Builder
	if len(r.Untouched) > 0 {
		b.WriteString("\n===== IMAGES THAT NEED NOT BE MADE AGAIN =====\n")
		for _, ref := range r.Untouched {
			fmt.Fprintln(&b, ref)
		}
	}
	if len(r.Sizes) > 0 {
		b.WriteString("\n===== IMAGE SIZES OVER TIME =====\n")
		for _, h := range r.Sizes {
			fmt.Fprintln(&b, h.Image)
			for _, s := range h.Sizes {
				fmt.Fprintf(&b, "  %-30s %d\n", s.Compose, s.Bytes)
			}
		}
	}
	if len(r.Pushes) > 0 {
		b.WriteString("\n===== LAST PUSHES OF UPDATES =====\n")
		for _, p := range r.Pushes {
			fmt.Fprintln(&b, p)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
