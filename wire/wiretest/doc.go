// Package wiretest proves that wire and the AWS SDK understand each other, for any service that a front door offers:
// the SDK's own client encodes filled Inputs and wire decodes them, wire encodes filled Outputs and the client decodes
// them. It decides what a convincing value is and when two values are equal. It is for tests only.
package wiretest
