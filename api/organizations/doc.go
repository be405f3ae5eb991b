// Package organizations is the front door of AWS Organizations, as far as it is
// needed to have several accounts: the management account makes others, lists
// them and closes them. There is one root and no other unit below it.
//
// It decides which accounts there are. An account that is made gets a role that
// the management account may assume, and nothing else: whatever keeps accounts
// apart is in authorisation and in the other front doors. The package may not
// make access keys.
//
// The inputs and outputs are structs of our own with the names of the service's
// model, as the operations of the SDK have them.
package organizations
