// Package ecs is the front door of AWS's Elastic Container Service.
//
// Each method has the shape of the SDK client's: it validates its input,
// reads a View, decides (calling the planners for placement) and commits one
// guarded change, again and again while others change what it has read. It
// answers from what is stored and never waits for anything to be reconciled.
//
// It decides what a caller may ask for and what is stored of it: definitions,
// desired states, tags, settings. It may not decide when tasks of services
// start or stop (the control loops do), nor run anything. What Roadstead does
// not support yet is refused with AWS's own error types, never ignored. A task
// definition is not refused for what it asks of a node: it requires attributes,
// and placement looks for an instance that has them (model.Capabilities).
package ecs
