// Package control runs the planners: one generic, level-triggered loop drives
// each of them. It takes a View, asks for a Plan, commits it, and asks again
// when what the plan was made from has changed, when the plan's Wake has come,
// and now and then for good measure. It decides nothing itself. Loops run only
// in the process that leads; all that they know beside the store is a cache.
package control
