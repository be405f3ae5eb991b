package model

import "time"

// Alarm states. Source: CloudWatch API reference, MetricAlarm.StateValue.
const (
	AlarmOK           = "OK"
	AlarmAlarm        = "ALARM"
	AlarmInsufficient = "INSUFFICIENT_DATA"
)

// Alarm is what others need to know of a CloudWatch alarm: its state, and how
// long it takes to see what is wrong. It is written by whoever evaluates alarms.
type Alarm struct {
	Meta
	Account   string    `f:"1"`
	Name      string    `f:"2"`
	State     string    `f:"3"`
	UpdatedAt time.Time `f:"4"` // of the state
	// Evaluation is for how long the alarm looks back: its evaluation periods,
	// each as long as its period. Zero: not known.
	Evaluation time.Duration `f:"5"`
}

// KindAlarm is the table of alarms.
const KindAlarm Kind = "alarm"

// AlarmID returns account/name.
func AlarmID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (a *Alarm) Key() Key { return Key{KindAlarm, AlarmID(a.Account, a.Name)} }

// Clone returns a copy whose fields may be replaced.
func (a *Alarm) Clone() *Alarm { c := *a; return &c }
