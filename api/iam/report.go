package iam

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

const (
	// reportLife is how long a credential report is good, and no other is made.
	// Source: IAM user guide, "Generate credential reports for your account".
	reportLife = 4 * time.Hour
	// maxReports bounds the reports that are held at once: of more accounts the
	// oldest goes, and is made again when it is asked for.
	maxReports = 32
)

// reports are the credential reports that were made, by account. They are not
// stored: who finds none has one made.
type reports struct {
	mu   sync.Mutex
	made map[string]report
}

type report struct {
	text []byte
	at   time.Time
}

func (r *reports) get(account string) (report, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.made[account]
	return found, ok
}

func (r *reports) put(account string, made report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.made[account]; !known && len(r.made) >= maxReports {
		oldest := account
		for other, o := range r.made {
			if oldest == account || o.at.Before(r.made[oldest].at) {
				oldest = other
			}
		}
		delete(r.made, oldest)
	}
	if r.made == nil {
		r.made = map[string]report{}
	}
	r.made[account] = made
}

// GenerateCredentialReport makes the account's report, unless there is one that
// is still good.
func (c *call) GenerateCredentialReport(*iam.GenerateCredentialReportInput) (*iam.GenerateCredentialReportOutput, error) {
	if r, ok := c.reports.get(c.Account); ok && c.now.Sub(r.at) < reportLife {
		return &iam.GenerateCredentialReportOutput{State: types.ReportStateTypeComplete}, nil
	}
	text, err := c.report(c.db.View())
	if err != nil {
		return nil, c.fault("write a credential report", err)
	}
	c.reports.put(c.Account, report{text, c.now})
	return &iam.GenerateCredentialReportOutput{State: types.ReportStateTypeStarted,
		Description: new("No report exists. Starting a new report generation task")}, nil
}

// GetCredentialReport returns the account's report.
func (c *call) GetCredentialReport(*iam.GetCredentialReportInput) (*iam.GetCredentialReportOutput, error) {
	r, ok := c.reports.get(c.Account)
	switch {
	case !ok:
		return nil, &types.CredentialReportNotPresentException{Message: new("No credential report is present. Call GenerateCredentialReport first.")}
	case c.now.Sub(r.at) >= reportLife:
		return nil, &types.CredentialReportExpiredException{Message: new("The most recent credential report has expired. Call GenerateCredentialReport to make a new one.")}
	}
	return &iam.GetCredentialReportOutput{Content: r.text, GeneratedTime: &r.at, ReportFormat: types.ReportFormatTypeTextCsv}, nil
}

// reportColumns are the columns of a credential report, in AWS's order.
// Source: IAM user guide, "Generate credential reports for your account".
func reportColumns() []string {
	return []string{"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
		"password_next_rotation", "mfa_active",
		"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
		"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
		"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"}
}

// The words of a report where there is nothing to tell.
const (
	noValue      = "N/A"
	notSupported = "not_supported"
	reportTime   = "2006-01-02T15:04:05+00:00"
)

// report writes the root and the users with their keys. Nobody has a password,
// a second factor or certificates here.
func (c *call) report(v store.View) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{reportColumns()}
	since := noValue
	if a, ok := store.Get[*model.Account](v, c.Account); ok && !a.JoinedAt.IsZero() {
		since = a.JoinedAt.UTC().Format(reportTime)
	}
	root := []string{"<root_account>", "arn:aws:iam::" + c.Account + ":root", since, notSupported, noValue, notSupported, notSupported, "false"}
	keys := slices.Collect(store.KeysByUser(v, model.UserID(c.Account, "")))
	if c.opts.RootKey != "" && c.opts.RootAccount == c.Account {
		keys = append([]*model.AccessKey{{ID: c.opts.RootKey, Status: model.AccessKeyActive}}, keys...)
	}
	rows = append(rows, c.keyColumns(root, keys))
	for u := range all[*model.User](c, v) {
		row := []string{u.Name, c.UserARN(u.Path, u.Name), u.CreatedAt.UTC().Format(reportTime), "false", noValue, noValue, noValue, "false"}
		rows = append(rows, c.keyColumns(row, slices.Collect(store.KeysByUser(v, model.UserID(c.Account, u.Name)))))
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Error()
}

// keyColumns adds to a row what is known of its first two keys, the older one
// first, and of the certificates that nobody has.
func (c *call) keyColumns(row []string, keys []*model.AccessKey) []string {
	slices.SortStableFunc(keys, func(a, b *model.AccessKey) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for i := range maxKeys {
		if i >= len(keys) {
			row = append(row, "false", noValue, noValue, noValue, noValue)
			continue
		}
		k, rotated, used, region, service := keys[i], noValue, noValue, noValue, noValue
		if !k.CreatedAt.IsZero() {
			rotated = k.CreatedAt.UTC().Format(reportTime)
		}
		if c.opts.Uses != nil {
			if use, ok := c.opts.Uses.LastUse(k.ID); ok {
				used, region, service = use.At.UTC().Format(reportTime), use.Region, use.Service
			}
		}
		row = append(row, strconv.FormatBool(k.Status == model.AccessKeyActive), rotated, used, region, service)
	}
	return append(row, "false", noValue, "false", noValue)
}
