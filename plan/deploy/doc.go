// Package deploy decides what happens to one service next: which tasks start
// and where, which wait for an instance that a capacity provider is to bring
// (plan/provision gives it to them), which stop, how its deployments advance,
// when one has failed and is rolled back, and what is said about it. It decides
// by min and max percent as ECS does; a settled service gets an empty plan, and
// planning twice changes nothing. It may not reach for anything that the View
// does not hold.
// Source: ECS developer guide, "Rolling update deployments" and "Service
// event messages".
package deploy
