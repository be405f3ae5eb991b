// Package address decides which address the interface of a task has, and what
// network an account has from the beginning. It is handed the subnets and the
// tasks that have addresses. It may not know why there are tasks or where they
// run, and it may not promise that an address is still free when the plan is
// committed: the store refuses one that is not, and the plan is made again.
//
// There is no limit of interfaces for each instance: those that AWS has are
// limits of its hardware.
package address
