// Program session-manager-plugin is AWS's own, built from its public source, as
// an oracle for the tests. It is a module of its own, so that nothing of it
// becomes a part of the product.
package main

import (
	"os"

	"github.com/aws/session-manager-plugin/src/sessionmanagerplugin/session"
	_ "github.com/aws/session-manager-plugin/src/sessionmanagerplugin/session/portsession"
	_ "github.com/aws/session-manager-plugin/src/sessionmanagerplugin/session/shellsession"
)

func main() { session.ValidateInputAndStartSession(os.Args, os.Stdout) }
