package ecr

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func missingToken() error {
	return &wire.Error{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token", Status: http.StatusBadRequest}
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: new(fmt.Sprintf(format, args...))}
}

// violates says which constraint a parameter does not satisfy.
func violates(parameter, format string, args ...any) error {
	return invalid("Invalid parameter at '%s' failed to satisfy constraint: '%s'", parameter, fmt.Sprintf(format, args...))
}

// notSupported refuses what AWS would accept. The parameter is named as in
// the API.
func notSupported(parameter string) error {
	return violates(parameter, "%s is not supported by Roadstead yet", parameter)
}

// of names a repository and its registry as AWS's messages do.
func (r request) of(name string) string {
	return fmt.Sprintf("the repository with name '%s' in the registry with id '%s'", name, r.registry)
}

func (r request) noRepository(name string) error {
	return &types.RepositoryNotFoundException{Message: new(r.noRepositoryText(name))}
}

func (r request) noRepositoryText(name string) string {
	return fmt.Sprintf("The repository with name '%s' does not exist in the registry with id '%s'", name, r.registry)
}

func (r request) repositoryExists(name string) error {
	return &types.RepositoryAlreadyExistsException{Message: new(fmt.Sprintf(
		"The repository with name '%s' already exists in the registry with id '%s'", name, r.registry))}
}

func (r request) notEmpty(name string) error {
	return &types.RepositoryNotEmptyException{Message: new(fmt.Sprintf(
		"The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", name, r.registry))}
}

func (r request) noImage(name string, id types.ImageIdentifier) error {
	return &types.ImageNotFoundException{Message: new(fmt.Sprintf(
		"The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within %s",
		orNull(id.ImageDigest), orNull(id.ImageTag), r.of(name)))}
}

func (r request) noScan(name string, id types.ImageIdentifier) error {
	return &types.ScanNotFoundException{Message: new(fmt.Sprintf(
		"Image scan does not exist for the image with '{imageDigest:'%s', imageTag:'%s'}' in %s",
		orNull(id.ImageDigest), orNull(id.ImageTag), r.of(name)))}
}

func notScannable(i *model.Image) error {
	return &types.UnsupportedImageTypeException{Message: new(fmt.Sprintf(
		"An artifact with media type '%s' cannot be scanned. For more information, see the Amazon ECR documentation.", i.MediaType))}
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// fault turns an error of the store or the registry into what ECR answers when
// it cannot do its work, and logs it: the caller learns nothing of the cause.
func (d *Door) fault(r request, operation string, err error) error {
	if err == nil {
		return nil
	}
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	d.opts.Logger.Error("ecr: "+operation+" failed", "registry", r.registry, "error", err)
	return &types.ServerException{Message: new("Service Unavailable. Please try again later.")}
}

// failed is fault, but for a repository that has gone meanwhile.
func (d *Door) failed(r request, operation, name string, err error) error {
	if errors.Is(err, ErrRepositoryUnknown) {
		return r.noRepository(name)
	}
	return d.fault(r, operation, err)
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: new(fmt.Sprintf(format, args...))}
}
