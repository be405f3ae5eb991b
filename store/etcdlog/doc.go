// Package etcdlog is a store.Log in etcd: an embedded one (OpenEmbedded) or a
// cluster that runs elsewhere (Dial). It is the only package that knows etcd.
//
// Nouns are under /roadstead/<kind>/<id>. The key /roadstead.head is written
// by every transaction, which compares its revision: it is the head of the
// log and the fence at once. A leader whose head has been moved by another
// can append nothing, whatever it believes and however late its requests
// arrive. Who may move the head is decided by a lock file where etcd is
// embedded, and by an election with a lease where it is shared; while the
// election key is gone nothing is appended either.
//
// The package decides how transactions become durable and how long history
// is kept. It knows nothing of what is in the values.
package etcdlog
