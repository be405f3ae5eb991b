package sim

import "github.com/roadstead/roadstead/store/memlog"

// logFault decides what goes wrong with an operation of the log.
func (w *world) logFault(op memlog.Op) memlog.Fault {
	w.touched = true
	if !w.troubled {
		return memlog.None
	}
	if w.diskFull && op == memlog.OpAppend {
		return memlog.NoSpace
	}
	if w.shape.commit == 0 || !w.disk.chance(w.shape.commit) {
		return memlog.None
	}
	f := memlog.LostRequest
	switch op {
	case memlog.OpAppend:
		f = pick(w.disk, memlog.LostRequest, memlog.LostAnswer, memlog.Conflict, memlog.NoSpace, memlog.Conflict)
		if w.disk.chance(0.03) {
			f = memlog.Deposed
		}
	case memlog.OpSettle:
		f = pick(w.disk, memlog.LostRequest, memlog.LostAnswer)
	}
	w.happen(faultOf(op, f))
	w.trace.say("disk", "operation %d meets with fault %d", op, f)
	return f
}

// faultOf names what goes wrong with an operation.
func faultOf(op memlog.Op, f memlog.Fault) FaultName {
	switch {
	case f == memlog.Deposed:
		return LeaderDeposed
	case op == memlog.OpSettle:
		return SettleFailed
	case op == memlog.OpLasts:
		return ConfirmFailed
	case op != memlog.OpAppend:
		return LoadFailed
	case f == memlog.LostRequest:
		return CommitLost
	case f == memlog.LostAnswer:
		return CommitUnanswered
	case f == memlog.Conflict:
		return CommitConflict
	}
	return CommitRefused
}
