// Command roadstead is the AWS container services on your own machines.
package main

import (
	"os"

	"github.com/roadstead/roadstead/cli"
)

func main() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
