// Package ec2 is the front door of the part of EC2 that container services
// stand on: the default VPC, its subnets and security groups, and the network
// interfaces of tasks. It answers from the store and changes nothing yet.
//
// Its shapes are structs of its own: the SDK's module for EC2 is too large to
// compile for a few operations. Their members are named as in EC2's model;
// those that nothing here has are left out, as EC2 leaves out what has no value.
package ec2
