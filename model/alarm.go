package model

import "time"

// Alarm states. Source: CloudWatch API reference, MetricAlarm.StateValue.
const (
	AlarmOK           = "OK"
	AlarmAlarm        = "ALARM"
	AlarmInsufficient = "INSUFFICIENT_DATA"
)

// Alarm is what others need to know of a CloudWatch alarm: its state. It is
// written by whoever evaluates alarms.
type Alarm struct {
	Meta
	Account   string    `f:"1"`
	Name      string    `f:"2"`
	State     string    `f:"3"`
	UpdatedAt time.Time `f:"4"` // of the state
}

// KindAlarm is the table of alarms.
const KindAlarm Kind = "alarm"

// AlarmID returns account/name.
func AlarmID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (a *Alarm) Key() Key { return Key{KindAlarm, AlarmID(a.Account, a.Name)} }

// Clone returns a copy whose fields may be replaced.
func (a *Alarm) Clone() *Alarm { c := *a; return &c }
