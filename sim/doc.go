// Package sim runs the whole of Roadstead in one goroutine under one seed: the
// real front door, store, loops, planners, sessions and task machines, joined
// by a pretended network, clock, disk and runtime. It is the second
// composition root beside cli.
//
// It decides what goes wrong and when, and checks what must hold: safety at
// every commit, liveness once everything has healed, and quiet after that.
// Everything that happens follows from the seed, so a failing seed fails
// again. It may not decide anything that production decides: where it stands
// in for a driver with goroutines (the agent's node, the websocket server), it
// does what that driver does, step by step.
package sim
