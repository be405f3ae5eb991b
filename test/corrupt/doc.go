// Package corrupt holds the test that no body, however broken, makes a front
// door's codec panic, blame itself or keep memory.
package corrupt
