package audit

import "strings"

// Kind is what an operation does, as far as its record is concerned.
type Kind uint8

// The kinds.
const (
	Reading   Kind = iota // changes nothing
	Changing              // changes something: is recorded, or not done
	Reporting             // says what has happened or brings contents
)

// reading begins the names of operations that change nothing.
func reading() []string {
	return []string{"Describe", "List", "Get", "BatchGet", "BatchCheck", "Filter", "Lookup", "Simulate", "Validate", "Discover", "Decode", "Test", "StartLiveTail", "Check"}
}

// KindOf returns what an operation does. What is not known to be harmless
// counts as changing something.
func KindOf(service, operation string) Kind {
	switch service {
	case "sts": // sessions are made, and nothing is kept of them
		return Reading
	case "kms": // what CloudTrail calls read-only of KMS
		switch operation {
		case "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
			"GenerateDataKeyPairWithoutPlaintext", "GenerateRandom", "Sign", "Verify", "GenerateMac", "VerifyMac", "DeriveSharedSecret":
			return Reading
		}
	case "ecs":
		if strings.HasPrefix(operation, "Submit") {
			return Reporting
		}
	case "logs":
		if operation == "PutLogEvents" {
			return Reporting
		}
	case "ecr":
		if operation == "UploadLayerPart" {
			return Reporting
		}
	}
	for _, begin := range reading() {
		if strings.HasPrefix(operation, begin) {
			return Reading
		}
	}
	return Changing
}
