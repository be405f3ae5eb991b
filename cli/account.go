package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/api/organizations"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
)

func accountCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "account", Short: "Create, list and close accounts, and make keys of their roots",
		Long: `Accounts share one Roadstead and see nothing of each other. The first one, ` + account + `, manages the others:
it is what AWS Organizations calls the management account, and "aws organizations create-account" does the same as
"roadstead account create", but for the key: whoever holds the data directory may have the key of an account's root,
and nobody else. Administrators of the management account assume the role OrganizationAccountAccessRole instead.`,
	}
	dir := c.PersistentFlags().String("data-dir", defaultDataDir(), "folder that everything is kept in")
	c.AddCommand(accountCreate(dir), accountList(dir), accountClose(dir), accountKey(dir))
	return c
}

func accountCreate(dir *string) *cobra.Command {
	c := &cobra.Command{
		Use: "create NAME", Short: "Create an account and print the key of its root, once", Args: cobra.ExactArgs(1),
		Example: `  eval "$(roadstead account create team-b)"   # this shell is now the account's root`,
	}
	email := c.Flags().String("email", "", "address that the account belongs to (default: NAME@accounts.invalid)")
	c.RunE = func(c *cobra.Command, args []string) error {
		o, err := openOperator(*dir)
		if err != nil {
			return err
		}
		if *email == "" {
			*email = strings.ToLower(notInAddress.ReplaceAllString(args[0], "-")) + "@accounts.invalid"
		}
		var out struct {
			CreateAccountStatus struct{ AccountId, State, FailureReason string }
		}
		if err := o.organization(c.Context(), "CreateAccount", organizations.CreateAccountInput{AccountName: &args[0], Email: email}, &out); err != nil {
			return err
		}
		if out.CreateAccountStatus.State != "SUCCEEDED" {
			return fmt.Errorf("account %q is not made: %s", args[0], out.CreateAccountStatus.FailureReason)
		}
		id := out.CreateAccountStatus.AccountId
		fmt.Fprintf(c.OutOrStdout(), "# account %s, %q: the key of its root, which is shown this once\n", id, args[0])
		return o.rootKey(c.Context(), id, c.OutOrStdout())
	}
	return c
}

var notInAddress = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

func accountList(dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the accounts", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := openOperator(*dir)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ACCOUNT\tSTATUS\tNAME\tEMAIL")
			in := organizations.ListAccountsInput{}
			for more := true; more; more = in.NextToken != nil {
				var out struct {
					Accounts  []struct{ Id, Name, Email, Status string }
					NextToken *string
				}
				if err := o.organization(c.Context(), "ListAccounts", in, &out); err != nil {
					return err
				}
				for _, a := range out.Accounts {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.Id, a.Status, a.Name, a.Email)
				}
				in.NextToken = out.NextToken
			}
			return w.Flush()
		},
	}
}

func accountClose(dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "close ACCOUNT", Aliases: []string{"remove"}, Short: "Close an account: nobody of it is let in any more", Args: cobra.ExactArgs(1),
		Long: "Close an account for good. Its keys, sessions and roles work no more. What is in it stays: remove its services and other resources first.",
		RunE: func(c *cobra.Command, args []string) error {
			o, err := openOperator(*dir)
			if err != nil {
				return err
			}
			return o.organization(c.Context(), "CloseAccount", organizations.CloseAccountInput{AccountId: &args[0]}, nil)
		},
	}
}

func accountKey(dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "key ACCOUNT", Short: "Make another key of an account's root, for one that was lost", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := openOperator(*dir)
			if err != nil {
				return err
			}
			if args[0] == account {
				return errors.New("the key of the management account is in the data directory: see `roadstead env`")
			}
			if err := o.organization(c.Context(), "DescribeAccount", organizations.DescribeAccountInput{AccountId: &args[0]}, nil); err != nil {
				return err
			}
			return o.rootKey(c.Context(), args[0], c.OutOrStdout())
		},
	}
}

// operator is whoever holds the data directory of a running server.
type operator struct {
	dir  dataDir
	url  string
	keys *keyring.Keyring
}

func openOperator(path string) (*operator, error) {
	d, err := openDataDir(path)
	if err != nil {
		return nil, err
	}
	url, err := d.endpoint()
	if err != nil {
		return nil, err
	}
	if _, err := keyring.Load(string(d)); err != nil { // makes none
		return nil, err
	}
	keys, err := keyring.Open(string(d), rand.Reader, keyring.Options{Account: account})
	return &operator{d, url, keys}, err
}

// organization calls an operation of Organizations as the management account.
func (o *operator) organization(ctx context.Context, operation string, in, out any) error {
	key := o.keys.Bootstrap()
	config := trusting(clientConfig(o.url, staticCredentials(key.AccessKeyID, key.SecretAccessKey, "")), o.dir.readBundle())
	if err := callJSON(ctx, config, "organizations", "AWSOrganizationsV20161128."+operation, in, out); err != nil {
		return fmt.Errorf("%s at %s: %w", operation, o.url, err)
	}
	return nil
}

// operatorLife is how long an operator is an account's root.
const operatorLife = 5 * time.Minute

// rootKey makes a key of an account's root and prints it.
func (o *operator) rootKey(ctx context.Context, id string, out io.Writer) error {
	who := caller.NewRoot(id, "")
	who.Purpose, who.IssuedAt = caller.Operator, time.Now()
	s, err := o.keys.Sessions().Issue(who, time.Now().Add(operatorLife))
	if err != nil {
		return err
	}
	config := trusting(clientConfig(o.url, staticCredentials(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)), o.dir.readBundle())
	made, err := iam.NewFromConfig(config).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
	if err != nil {
		return fmt.Errorf("the key of account %s: %w", id, err)
	}
	printEnvironment(out, o.dir, o.url, keyring.Bootstrap{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey})
	return nil
}
