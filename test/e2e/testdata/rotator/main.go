// Rotator does the steps of a secret's rotation, as a task: it gives a file,
// which stands for a database, a new password. It notes each step that it
// does, fails setSecret once, and waits in the next setSecret until it may go
// on, so that a test can do harm meanwhile.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	dir      = "/w/"
	database = dir + "database"
)

func main() {
	log.SetFlags(0)
	if err := rotate(context.Background(), os.Getenv("SECRET_ARN"), os.Getenv("CLIENT_REQUEST_TOKEN"), os.Getenv("STEP")); err != nil {
		_ = os.WriteFile(dir+"error", []byte(err.Error()), 0o644) // for whoever looks why
		log.Fatal(err)
	}
}

func rotate(ctx context.Context, secret, token, step string) error {
	if err := note(step, token); err != nil {
		return err
	}
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := secretsmanager.NewFromConfig(c)
	// Harm may be done from the note on: the platform may be away, and have no credentials for a moment.
	patient, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	d, err := client.DescribeSecret(patient, &secretsmanager.DescribeSecretInput{SecretId: &secret})
	for ; err != nil && patient.Err() == nil; d, err = client.DescribeSecret(patient, &secretsmanager.DescribeSecretInput{SecretId: &secret}) {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	if stages := d.VersionIdsToStages[token]; slices.Contains(stages, "AWSCURRENT") {
		return nil
	} else if !slices.Contains(stages, "AWSPENDING") {
		return fmt.Errorf("version %s is not pending: %v", token, stages)
	}
	pending, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secret, VersionId: &token, VersionStage: aws.String("AWSPENDING")})
	var missing *types.ResourceNotFoundException
	if step == "createSecret" {
		if !errors.As(err, &missing) {
			return err // nil: it was made before
		}
		_, err = client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &secret, ClientRequestToken: &token,
			SecretString: aws.String("password-" + token), VersionStages: []string{"AWSPENDING"}})
		return err
	}
	if err != nil {
		return err
	}
	switch step {
	case "setSecret":
		return set(*pending.SecretString)
	case "testSecret":
		if have, err := os.ReadFile(database); err != nil || string(have) != *pending.SecretString {
			return fmt.Errorf("the database takes another password: %w", err)
		}
		return nil
	case "finishSecret":
		for version, stages := range d.VersionIdsToStages {
			if slices.Contains(stages, "AWSCURRENT") {
				_, err = client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: &secret,
					VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: &token, RemoveFromVersionId: &version})
			}
		}
		return err
	}
	return fmt.Errorf("no step %q", step)
}

func note(step, token string) error {
	f, err := os.OpenFile(dir+"log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, step, token)
	return err
}

func set(password string) error {
	if f, err := os.OpenFile(dir+"failed", os.O_CREATE|os.O_EXCL, 0o644); err == nil {
		f.Close()
		return errors.New("the database is not in the mood")
	}
	for {
		if _, err := os.Stat(dir + "go"); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return os.WriteFile(database, []byte(password), 0o644)
}
