package sim

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func alarmNames() []string { return []string{"errors", "latency"} }

// alarmStates are the states of an alarm; with the first nothing is wrong.
func alarmStates() []string {
	return []string{model.AlarmOK, model.AlarmInsufficient, model.AlarmAlarm}
}

// ring gives an alarm a state, as whoever evaluates alarms does: it writes
// until it has succeeded.
func (e *expert) ring(name, state string, then func()) {
	w := e.w
	again := func() { w.clock.after(time.Second, func() { e.ring(name, state, then) }) }
	if w.plane == nil {
		again()
		return
	}
	a := &model.Alarm{Account: account, Name: name, UpdatedAt: w.clock.now}
	if old, ok := store.Get[*model.Alarm](w.plane.db.View(), a.Key().ID); ok {
		a = old.Clone()
	}
	a.State = state
	var c model.Change
	c.Put(a)
	if _, err := w.plane.db.Commit(w.ctx, c); err != nil {
		again()
		return
	}
	w.trace.say("expert", "alarm %s is %s", name, state)
	then()
}

// doAlarms makes and updates services with alarms, and lets alarms ring.
func (e *expert) doAlarms() {
	d := e.dice
	name := aws.String("alarmed" + pick(d, "1", "2"))
	switch f := d.Float64(); {
	case f < 0.25:
		e.call("CreateService", &ecs.CreateServiceInput{Cluster: aws.String("main"), ServiceName: name, TaskDefinition: e.definition(),
			DesiredCount: aws.Int32(int32(d.number(0, 4))), DeploymentConfiguration: e.alarmed(int32(d.number(0, 1)))}, nil)
	case f < 0.6:
		in := &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: name, TaskDefinition: e.definition()}
		if d.chance(0.3) {
			in.DeploymentConfiguration = e.alarmed(int32(d.number(0, 1)))
		}
		e.call("UpdateService", in, nil)
	default:
		e.ring(pick(d, alarmNames()...), pick(d, alarmStates()...), func() {})
	}
}

// alarmed is a rollout that alarms may end, also while it bakes.
func (e *expert) alarmed(bake int32) *types.DeploymentConfiguration {
	names := alarmNames()
	if e.dice.chance(0.5) {
		names = names[:1]
	}
	if e.dice.chance(0.1) {
		names = append(names, "unknown")
	}
	return &types.DeploymentConfiguration{BakeTimeInMinutes: &bake,
		Alarms: &types.DeploymentAlarms{AlarmNames: names, Enable: true, Rollback: e.dice.chance(0.7)}}
}

// lastAlarm begins a deployment that bakes for long, and lets an alarm ring
// meanwhile.
func (e *expert) lastAlarm() {
	w := e.w
	for _, name := range alarmNames() {
		e.ring(name, model.AlarmOK, func() {})
	}
	w.clock.after(20*time.Second, func() {
		e.call("UpdateService", &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("alarmed1"), ForceNewDeployment: true,
			DeploymentConfiguration: e.alarmed(4)}, nil)
	})
	if e.dice.chance(0.7) {
		w.clock.after(wake+e.dice.between(5*time.Second, time.Minute), func() { e.ring(alarmNames()[0], model.AlarmAlarm, func() {}) })
	}
}
