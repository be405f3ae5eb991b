package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/agent/archive"
	"github.com/roadstead/roadstead/dispatch/datachannel"
	"github.com/roadstead/roadstead/dispatch/exec"
)

func copyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "cp TASK:PATH LOCAL | cp LOCAL TASK:PATH", Short: "Copy files and folders between a container and this machine", Args: cobra.ExactArgs(2),
		Long: `Copy a file or a folder with all that is in it. If the destination is a folder that is there, the copy goes into it, else the
destination is the copy's name. Symbolic links are copied as links, and lead nowhere outside while they are copied; devices, sockets
and pipes are left out. What is copied into a container belongs to its root user. The image needs no program for it. The task must
have been started with enableExecuteCommand.` + personHelp,
		Example: "  roadstead cp 8f3a...:/etc/nginx ./conf\n  roadstead cp index.html 8f3a...:/usr/share/nginx/html/",
	}
	flags := addPersonFlags(c)
	container := c.Flags().StringP("container", "c", "", "name of the container (needed if the task has several)")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := flags.person()
		if err != nil {
			return err
		}
		fromTask, from, out := inTask(args[0])
		toTask, to, in := inTask(args[1])
		switch {
		case out == in:
			return errors.New("one of the two is TASK:PATH and the other is on this machine")
		case out:
			return p.copyFrom(c.Context(), fromTask, *container, from, args[1])
		}
		return p.copyTo(c.Context(), args[0], toTask, *container, to)
	}
	return c
}

// inTask splits TASK:PATH. A task's ARN has colons, a path of this machine that
// has one begins with a dot or a slash.
func inTask(s string) (task, path string, ok bool) {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "/") {
		return "", s, false
	}
	at := strings.IndexByte(s, ':')
	if strings.HasPrefix(s, "arn:") {
		slash := strings.IndexByte(s, '/')
		if at = strings.IndexByte(s[max(0, slash):], ':'); at >= 0 {
			at += max(0, slash)
		}
	}
	if at < 0 || at == len(s)-1 {
		return "", s, false
	}
	return s[:at], s[at+1:], true
}

func (p *person) copyFrom(ctx context.Context, task, container, from, to string) error {
	dir, rename := to, ""
	if info, err := os.Stat(to); err != nil || !info.IsDir() {
		if strings.HasSuffix(to, "/") {
			return fmt.Errorf("%s: it is not a folder", to)
		}
		dir, rename = filepath.Split(filepath.Clean(to))
		if dir == "" {
			dir = "."
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return p.copying(ctx, task, container, exec.VerbCopyFrom, from, func(s *datachannel.Client) (datachannel.Ending, error) {
		reader, writer := io.Pipe()
		made := make(chan error, 1)
		go func() {
			err := archive.Read(reader, root, archive.Options{Rename: rename})
			reader.CloseWithError(err)
			made <- err
		}()
		end, err := s.Run(ctx, datachannel.Streams{Stdout: writer})
		if end.Why != "" {
			writer.CloseWithError(errors.New(end.Why))
			<-made
			return end, err
		}
		writer.CloseWithError(err)
		return end, errors.Join(<-made, err)
	})
}

func (p *person) copyTo(ctx context.Context, from, task, container, to string) error {
	write, err := writer(from)
	if err != nil {
		return err
	}
	return p.copying(ctx, task, container, exec.VerbCopyTo, to, func(s *datachannel.Client) (datachannel.Ending, error) {
		reader, writer := io.Pipe()
		written := make(chan error, 1)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			err := write(writer)
			if err != nil {
				cancel() // half an archive must not look like a whole one
			}
			writer.CloseWithError(err)
			written <- err
		}()
		end, err := s.Run(ctx, datachannel.Streams{Stdin: reader})
		reader.CloseWithError(io.ErrClosedPipe)
		if werr := <-written; werr != nil && end.Why == "" && !errors.Is(werr, io.ErrClosedPipe) {
			err = werr
		}
		return end, err
	})
}

// writer returns what writes the archive of a file or folder.
func writer(from string) (func(io.Writer) error, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(from)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(absolute)
	return func(w io.Writer) error {
		if !info.IsDir() {
			f, err := os.Open(from)
			if err != nil {
				return err
			}
			defer f.Close()
			return archive.WriteFile(w, f, name)
		}
		root, err := os.OpenRoot(from)
		if err != nil {
			return err
		}
		defer root.Close()
		return archive.WriteTree(w, root, name)
	}, nil
}

// copying opens the session of a copy.
func (p *person) copying(ctx context.Context, task, container, verb, path string, run func(*datachannel.Client) (datachannel.Ending, error)) error {
	session, err := p.open(ctx, task, container, quoted([]string{verb, path}), datachannel.Extension{Verb: true})
	if err != nil {
		return err
	}
	defer session.Close()
	end, err := run(session)
	return ended(end, err)
}
