package store

import (
	"iter"

	"github.com/roadstead/roadstead/model"
)

// TasksWithVolumes returns the tasks of an account that have a volume, or have
// ended and left theirs, by id.
func TasksWithVolumes(v View, account string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byVolume, account)
}
