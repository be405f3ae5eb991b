package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/trail"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Show and verify the record of who called what", Args: cobra.NoArgs,
		Long: `Every call of the AWS APIs is recorded in DATA-DIR/audit, one CloudTrail event in JSON on a line of *.jsonl.
Each record carries the SHA-256 of the line before it, and each hour's file has a digest that is authenticated
with the key DATA-DIR/audit-key: keep a copy of the key, and of digests, elsewhere.`,
	}
	c.AddCommand(auditVerifyCommand(), auditShowCommand())
	return c
}

func auditVerifyCommand() *cobra.Command {
	c := &cobra.Command{Use: "verify", Short: "Check that no record was changed, added or removed", Args: cobra.NoArgs}
	dir := addDataDir(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		d, err := auditedDir(*dir)
		if err != nil {
			return err
		}
		files, key, err := readTrail(d)
		if err != nil {
			return err
		}
		r, err := trail.Verify(files, key)
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		for _, problem := range r.Problems {
			fmt.Fprintln(out, "problem:", problem)
		}
		fmt.Fprintf(out, "%d records in %d files, %d of them sealed\n", r.Records, r.Files, r.Sealed)
		if r.Records > 0 {
			fmt.Fprintf(out, "records %d to %d, from %s to %s\n", r.First, r.Last, r.Begin.Format(time.RFC3339), r.End.Format(time.RFC3339))
		}
		if r.Removed > 0 {
			fmt.Fprintf(out, "%d older records were removed by retention\n", r.Removed)
		}
		if len(r.Problems) > 0 {
			return errors.New("the audit trail is not what was written")
		}
		fmt.Fprintln(out, "the audit trail is whole")
		return nil
	}
	return c
}

// auditedDir returns a data directory that has a trail, and makes nothing.
func auditedDir(path string) (dataDir, error) {
	if _, err := os.Stat(dataDir(path).join("audit")); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no audit trail in %s: name the data directory of the server with --data-dir", path)
	}
	return openDataDir(path)
}

func auditShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show", Short: "Show records, the newest first", Args: cobra.NoArgs,
		Example: `  roadstead audit show --event RunTask --since 1h
  roadstead audit show --errors --json | jq .errorMessage`,
	}
	dir := addDataDir(c)
	limit := c.Flags().Int("limit", 50, "how many records to show at most")
	event := c.Flags().String("event", "", "only calls of this operation")
	who := c.Flags().String("user", "", "only calls of this user or session name")
	since := c.Flags().Duration("since", 0, "only calls within this time")
	failed := c.Flags().Bool("errors", false, "only calls that were refused or failed")
	whole := c.Flags().Bool("json", false, "show whole records in JSON, one on a line")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *limit < 1 {
			return fmt.Errorf("--limit %d: it must be at least 1", *limit)
		}
		d, err := auditedDir(*dir)
		if err != nil {
			return err
		}
		files, _, err := readTrail(d)
		if err != nil {
			return err
		}
		q := trail.Query{Limit: *limit, Match: func(r *trail.Record) bool {
			return (*event == "" || r.EventName == *event) && (*who == "" || r.Who() == *who) && (!*failed || r.ErrorCode != "")
		}}
		if *since > 0 {
			q.From = time.Now().Add(-*since)
		}
		if *event != "" {
			name, err := json.Marshal(*event)
			if err != nil {
				return err
			}
			q.Contains = name
		}
		return showRecords(c, files, q, *whole)
	}
	return c
}

func showRecords(c *cobra.Command, files disk.Disk, q trail.Query, whole bool) error {
	for wanted := q.Limit; q.Limit > 0; {
		found, next, err := trail.Read(files, q)
		if err != nil {
			return err
		}
		for _, r := range found {
			if whole {
				fmt.Fprintf(c.OutOrStdout(), "%s\n", bytes.TrimSpace(r.Line))
				continue
			}
			result := r.ErrorCode
			if result == "" {
				result = "ok"
			}
			name := r.Identity.ARN
			if name == "" {
				name = "(unknown caller)"
			}
			fmt.Fprintf(c.OutOrStdout(), "%s  %-16s %-40s %-28s %s  %s\n", r.EventTime.Format(time.RFC3339), r.Address, r.EventSource+":"+r.EventName, result, name, r.EventID)
		}
		wanted -= len(found)
		if next == 0 {
			return nil
		}
		q.Limit, q.Before = wanted, next
	}
	return nil
}
