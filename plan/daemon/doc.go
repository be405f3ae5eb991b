// Package daemon decides what happens to managed daemons: on which instances
// their tasks start and stop, how their deployments advance, fail and are
// taken back, and whether an instance may be used without them. It may not
// reach for anything that its views do not hold.
//
// AWS replaces an instance to give it another daemon, or when a critical
// daemon has failed on it. These machines are replaced by nobody, so:
//
//   - A deployment replaces the daemon's task where it is, the old one stopped
//     first, on drainPercent of the instances at a time and at least on one. The
//     instance's other tasks go on.
//   - An instance that registers while a critical daemon covers it is
//     REGISTERING until the daemon serves on it: nothing else is placed before.
//   - An instance on which a critical daemon fails becomes DRAINING, so that its
//     services' tasks move. The daemon is tried again there, at growing
//     intervals, and the instance becomes ACTIVE once the daemon has served for
//     a probation that doubles with each failure of the last hour. A person who
//     sets the instance's state takes that over.
//   - A lack of room for the daemon drains nothing: on a full machine that could
//     not empty itself nothing would be won. It is said and tried again.
//     So that nothing else takes the room of a critical daemon that fails, its
//     instance is DRAINING from the transaction on that notes its end: what it held
//     is free for it when it is tried again. Where that is lost all the same (its
//     end is told when an instance comes back, its new revision is larger, or a
//     person makes the instance ACTIVE), an instance that is full of tasks which
//     find no room elsewhere stays DRAINING until one of them leaves or ends: its
//     services say that they are unable to place a task, the daemon that it has no
//     room. AWS would bring another instance, and waits, too, where it has none.
//   - On an instance that a person drains the daemon stops last, and starts
//     nowhere else, because it cannot move.
//   - A deployment that fails with nothing to go back to stops: its instances
//     are used without the daemon, as they were before it.
//
// Source: ECS developer guide, "Daemon deployments" and "Daemon auto repair".
package daemon
