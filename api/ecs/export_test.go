package ecs

// Misses is for the tests.
var Misses = misses
