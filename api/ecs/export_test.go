package ecs

// Misses is for the tests.
var Misses = misses

// SplitCommand and RecordOf are for the tests.
var (
	SplitCommand = splitCommand
	RecordOf     = recordOf
)
