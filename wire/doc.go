// Package wire speaks the AWS protocols for every front door: it tells services apart on one listener, decodes a
// request into the SDK's own Input type, calls the operation and encodes the Output, or the error, as AWS would.
//
// It decides how bytes and Go values correspond, which operation a request names, and what every failure looks like on
// the wire: always a modelled body with a request id, never plain text. It knows no operation of any service: each
// front door hands over one table of operations, and names come from the SDK module's schemas or, where a module has
// none, from the protocol's naming rule and a small table of exceptions.
//
// The walk over a Go type is compiled once into a plan (plan.go) and cached per type; each format (JSON, query's form,
// XML) is a separate reader or writer of plans. Nothing here may look at stored state, decide about permissions, or
// know the nouns of a service.
package wire
