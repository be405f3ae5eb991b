// Package fake is a runtime without containers: a Machine that can be told how images and containers behave, and a
// Runtime that drives it behind the agent's interface.
//
// Machine is synchronous and deterministic: no goroutine, no clock, no randomness; time is an argument and what will
// happen by itself is asked for with Next and made to happen with Advance. The simulator uses it alone. Runtime adds
// the waiting; it passes the same contract suite as real containers do (package runtimetest).
//
// It decides nothing about what real runtimes do: what the contract does not say, the fake's script says.
package fake
