package ecr

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of repositories. Source: Amazon ECR service quotas, and the API
// reference of DescribeRepositories.
const (
	maxRepositories = 100_000
	maxNames        = 100
)

// CreateRepository makes a repository.
func (d *Door) CreateRepository(ctx context.Context, in *ecr.CreateRepositoryInput) (*ecr.CreateRepositoryOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	made, err := r.newRepository(in)
	if err != nil {
		return nil, err
	}
	var shown *types.Repository
	err = d.commit(r, func(v store.View, c *model.Change) error {
		if _, exists := store.Get[*model.Repository](v, made.Key().ID); exists {
			return r.repositoryExists(made.Name)
		}
		if store.Count[*model.Repository](v, r.scope.Account+"/") >= maxRepositories {
			return limitExceeded("The registry with id '%s' has %d repositories, the most that it may have", r.registry, maxRepositories)
		}
		repository := made.Clone()
		shown = d.show(repository)
		c.Put(repository)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.CreateRepositoryOutput{Repository: shown}, nil
}

// beginsWithAccount are names that would be taken for another account's.
var beginsWithAccount = regexp.MustCompile(`^[0-9]{12}/`)

// newRepository reads what is to be made.
func (r request) newRepository(in *ecr.CreateRepositoryInput) (*model.Repository, error) {
	if err := checkRepositoryName(in.RepositoryName); err != nil {
		return nil, err
	}
	if beginsWithAccount.MatchString(*in.RepositoryName) {
		return nil, violates("repositoryName", "must not begin with twelve digits and a slash: that is how the repositories of other accounts are called here")
	}
	if r.registry != r.scope.Account {
		return nil, violates("registryId", "must be the registry of the caller's account")
	}
	if e := in.EncryptionConfiguration; e != nil {
		if e.EncryptionType != types.EncryptionTypeAes256 {
			return nil, notSupported("encryptionConfiguration.encryptionType " + string(e.EncryptionType))
		}
		if e.KmsKey != nil {
			return nil, violates("encryptionConfiguration.kmsKey", "must not be specified for encryption type AES256")
		}
	}
	made := &model.Repository{Account: r.scope.Account, Name: *in.RepositoryName, CreatedAt: r.now}
	if c := in.ImageScanningConfiguration; c != nil {
		made.ScanOnPush = c.ScanOnPush
	}
	if err := setMutability(made, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	made.Tags = tags
	return made, err
}

func (d *Door) show(r *model.Repository) *types.Repository {
	return &types.Repository{
		CreatedAt:                  new(r.CreatedAt),
		EncryptionConfiguration:    &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeAes256},
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: r.ScanOnPush},
		ImageTagMutability:         types.ImageTagMutability(r.Mutability),

		ImageTagMutabilityExclusionFilters: showFilters(r.Exclusions),

		RegistryId:     new(r.Account),
		RepositoryArn:  new(model.Scope{Region: d.opts.Region, Account: r.Account}.RepositoryARN(r.Name)),
		RepositoryName: new(r.Name),
		RepositoryUri:  new(d.opts.RegistryHost + "/" + d.shelved(r)),
	}
}

// DescribeRepositories shows the repositories that are named, or all by name.
func (d *Door) DescribeRepositories(ctx context.Context, in *ecr.DescribeRepositoriesInput) (*ecr.DescribeRepositoriesOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	v := d.db.View()
	if in.RepositoryNames != nil {
		return d.describeNamed(r, v, in)
	}
	p, err := newPage(in.MaxResults, in.NextToken, "DescribeRepositories", r.registry)
	if err != nil {
		return nil, err
	}
	var out ecr.DescribeRepositoriesOutput
	out.Repositories, out.NextToken = take(p, func(yield func(string, types.Repository) bool) {
		prefix := r.registry + "/"
		for repository := range store.After[*model.Repository](v, prefix, prefix+p.after) {
			if !yield(repository.Name, *d.show(repository)) {
				return
			}
		}
	})
	return &out, nil
}

func (d *Door) describeNamed(r request, v store.View, in *ecr.DescribeRepositoriesInput) (*ecr.DescribeRepositoriesOutput, error) {
	if in.MaxResults != nil || in.NextToken != nil {
		return nil, invalid("maxResults and nextToken cannot be used with repositoryNames")
	}
	if err := checkCount("repositoryNames", len(in.RepositoryNames), 1, maxNames); err != nil {
		return nil, err
	}
	out := &ecr.DescribeRepositoriesOutput{}
	for _, name := range in.RepositoryNames {
		repository, err := r.repository(v, &name)
		if err != nil {
			return nil, err
		}
		out.Repositories = append(out.Repositories, *d.show(repository))
	}
	return out, nil
}

// DeleteRepository deletes a repository, with force also one that has images.
func (d *Door) DeleteRepository(ctx context.Context, in *ecr.DeleteRepositoryInput) (*ecr.DeleteRepositoryOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	deleted, err := d.images.DeleteRepository(ctx, d.shelved(repository), in.Force)
	if errors.Is(err, ErrNotEmpty) {
		return nil, r.notEmpty(repository.Name)
	}
	if err != nil {
		return nil, d.failed(r, "delete repository", repository.Name, err)
	}
	return &ecr.DeleteRepositoryOutput{Repository: d.show(deleted)}, nil
}
