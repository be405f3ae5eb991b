package secretsmanager

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/roadstead/roadstead/wire/constraint"
)

// What passwords are made of. Source: Secrets Manager API reference,
// GetRandomPassword.
const (
	lowercase       = "abcdefghijklmnopqrstuvwxyz"
	uppercase       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers         = "0123456789"
	punctuation     = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	defaultPassword = 32
)

// GetRandomPassword makes a password.
func (d *frontDoor) GetRandomPassword(ctx context.Context, in *secretsmanager.GetRandomPasswordInput) (*secretsmanager.GetRandomPasswordOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	var v constraint.Violations
	constraint.Range(&v, "passwordLength", in.PasswordLength, 1, 4096)
	v.Optional("excludeCharacters", in.ExcludeCharacters, constraint.Text{Max: 4096})
	if err := v.Err(); err != nil {
		return nil, err
	}
	n := defaultPassword
	if in.PasswordLength != nil {
		n = int(*in.PasswordLength)
	}
	kinds, others := alphabets(in)
	if len(kinds) == 0 && others == "" {
		return nil, invalidParameter("The exclusions leave no characters to make a password of.")
	}
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	if each && n < len(kinds) {
		return nil, invalidParameter("The password length must be at least %d to include each character type.", len(kinds))
	}
	for {
		// Drawn again until each kind is in it, so that every password that
		// qualifies is as likely as any other.
		password, err := d.choose(strings.Join(kinds, "")+others, n)
		if err != nil {
			return nil, err
		}
		if !each || hasEach(password, kinds) {
			return &secretsmanager.GetRandomPasswordOutput{RandomPassword: &password}, nil
		}
		if n < 16 { // short ones could take long: place one of each first
			password, err = d.placeEach(kinds, others, n)
			return &secretsmanager.GetRandomPasswordOutput{RandomPassword: &password}, err
		}
	}
}

// alphabets returns the kinds of characters of which each has to be in a
// password, and what may be: the space.
func alphabets(in *secretsmanager.GetRandomPasswordInput) (kinds []string, others string) {
	if aws.ToBool(in.IncludeSpace) && !strings.Contains(aws.ToString(in.ExcludeCharacters), " ") {
		others = " "
	}
	for _, k := range []struct {
		letters  string
		excluded bool
	}{{lowercase, aws.ToBool(in.ExcludeLowercase)}, {uppercase, aws.ToBool(in.ExcludeUppercase)}, {numbers, aws.ToBool(in.ExcludeNumbers)},
		{punctuation, aws.ToBool(in.ExcludePunctuation)}} {
		left := strings.Map(func(c rune) rune {
			if k.excluded || strings.ContainsRune(aws.ToString(in.ExcludeCharacters), c) {
				return -1
			}
			return c
		}, k.letters)
		if left != "" {
			kinds = append(kinds, left)
		}
	}
	return kinds, others
}

func hasEach(password string, kinds []string) bool {
	for _, k := range kinds {
		if !strings.ContainsAny(password, k) {
			return false
		}
	}
	return true
}

// placeEach draws one character of each kind and the rest of all, and shuffles
// them.
func (d *frontDoor) placeEach(kinds []string, others string, n int) (string, error) {
	rest, err := d.choose(strings.Join(kinds, "")+others, n-len(kinds))
	if err != nil {
		return "", err
	}
	out := []byte(rest)
	for _, k := range kinds {
		c, err := d.choose(k, 1)
		if err != nil {
			return "", err
		}
		out = append(out, c[0])
	}
	for i := len(out) - 1; i > 0; i-- {
		j, err := d.choose(letters[:i+1], 1)
		if err != nil {
			return "", err
		}
		k := strings.IndexByte(letters, j[0])
		out[i], out[k] = out[k], out[i]
	}
	return string(out), nil
}
