package logs

// Queued returns how many changes wait for the committer.
func (s *Store) Queued() int { return len(s.queue) }
