// Package step decides what a node does for one task: which container to
// pull, start, probe, stop and remove next, and what to report.
//
// It is pure: a Task is a machine that is told what happened and what time it
// is, and answers with effects, each one operation for the driver to carry
// out. It may not start anything, read a clock or touch a container; the agent
// drives it with real containers and the simulator with pretended ones.
//
// Statuses only move forward and a container is started at most once in its
// task's life.
//
// Source of the behaviour: specs/agent-protocol.md section 4, and the ECS
// developer guide on container dependencies, health checks and stop timeouts.
package step
