package model

import "time"

// Docker labels by which a container is given its secrets as files, which ECS
// knows no parameter for.
const (
	// LabelSecretFiles is the absolute path of the folder in the container that
	// has a file for each secret, with the secret's name. Its environment has
	// none of them then.
	LabelSecretFiles = "roadstead.secrets.files"
	// LabelSecretRefresh is how often the secrets are read again and files that
	// have changed are replaced; without it they stay as they were at the start.
	LabelSecretRefresh = "roadstead.secrets.refresh"
)

// MinSecretRefresh is the least that LabelSecretRefresh may say.
const MinSecretRefresh = time.Second
