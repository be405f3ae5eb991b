package control

import (
	"maps"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// alarmWatch knows which services name which alarms, so that an alarm's change
// wakes those and no others.
type alarmWatch struct {
	services map[string]map[string]bool // by id of the alarm: ids of services
	alarms   map[string][]string        // by id of the service: ids of alarms
}

func newAlarmWatch() *alarmWatch {
	return &alarmWatch{services: map[string]map[string]bool{}, alarms: map[string][]string{}}
}

// remember takes note of the alarms that the service names now.
func (w *alarmWatch) remember(s *model.Service) {
	w.forget(s.Key().ID)
	if s.Status != model.ServiceActive || !s.Spec.Rollout.AlarmsEnabled {
		return
	}
	id := s.Key().ID
	for _, name := range s.Spec.Rollout.Alarms {
		alarm := model.AlarmID(s.Account, name)
		if w.services[alarm] == nil {
			w.services[alarm] = map[string]bool{}
		}
		w.services[alarm][id] = true
		w.alarms[id] = append(w.alarms[id], alarm)
	}
}

// forget takes note that a service names no alarms.
func (w *alarmWatch) forget(service string) {
	for _, alarm := range w.alarms[service] {
		delete(w.services[alarm], service)
		if len(w.services[alarm]) == 0 {
			delete(w.services, alarm)
		}
	}
	delete(w.alarms, service)
}

// watching returns the ids of the services that name the alarm, sorted.
func (w *alarmWatch) watching(alarm string) []string {
	return slices.Sorted(maps.Keys(w.services[alarm]))
}

// alarmsOf returns the alarms that the service's rollout names, by name.
func alarmsOf(v store.View, s *model.Service) map[string]*model.Alarm {
	if !s.Spec.Rollout.AlarmsEnabled {
		return nil
	}
	alarms := map[string]*model.Alarm{}
	for _, name := range s.Spec.Rollout.Alarms {
		if a, ok := store.Get[*model.Alarm](v, model.AlarmID(s.Account, name)); ok {
			alarms[name] = a
		}
	}
	return alarms
}
