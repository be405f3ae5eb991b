// Package stockagent proves that the unmodified Amazon ECS agent is a container
// instance of Roadstead: the program as built serves, and Amazon's agent joins
// it from another machine, which is a set of namespaces with a Docker of its
// own. It holds no decision; what it finds wrong is mended elsewhere.
//
// The agent is not a part of this repository: ROADSTEAD_STOCK_AGENT names its
// program, which hack/stockagent builds from its public source. Without it, or
// without Docker or root, the tests are skipped and say so.
package stockagent
