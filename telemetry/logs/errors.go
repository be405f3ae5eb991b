package logs

import "errors"

// What a caller can get wrong, or run out of.
var (
	ErrGroupNotFound  = errors.New("log group does not exist")
	ErrGroupExists    = errors.New("log group already exists")
	ErrStreamNotFound = errors.New("log stream does not exist")
	ErrStreamExists   = errors.New("log stream already exists")
	ErrTooMany        = errors.New("too many log groups or streams")
	ErrTooLarge       = errors.New("log append is too large")
	ErrNoSpace        = errors.New("no space left for logs")
	ErrClosed         = errors.New("log store is closed")
)
