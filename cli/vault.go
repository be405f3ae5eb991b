package cli

import (
	apikms "github.com/roadstead/roadstead/api/kms"
	apisecrets "github.com/roadstead/roadstead/api/secretsmanager"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/wire"
)

// openSealer opens the root keyset in the data directory; identity is the age
// identity file that it is wrapped for, "" for none.
func openSealer(d dataDir, identity string) (*seal.Sealer, error) {
	var o seal.Options
	if identity != "" {
		age, err := seal.OpenAge(identity)
		if err != nil {
			return nil, err
		}
		o.Wrapper = age
	}
	return seal.OpenDirectory(string(d), o)
}

// vault returns the front doors that keep secrets. They seal under KMS keys,
// and those under the root keyset.
func (p *plane) vault() []*wire.Service {
	keys := apikms.New(p.db, p.sealer, apikms.Options{Region: region, Logger: p.options.log})
	return []*wire.Service{
		keys.Service(),
		apisecrets.New(p.db, keys, apisecrets.Options{Region: region, Logger: p.options.log}),
	}
}
