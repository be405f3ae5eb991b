package ecr

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// scanEvery is how soon an image may be scanned again; a scan on push counts,
// and so does one that failed. Source: ECR API reference, StartImageScan.
const scanEvery = 24 * time.Hour

// noScanner is why every scan fails.
const noScanner = "ScannerUnavailable: No vulnerability scanner is configured on this registry. The image was not examined."

// scanStatus is what became of the last scan of an image, nil if there was none.
func scanStatus(i *model.Image) *types.ImageScanStatus {
	if i.ScannedAt.IsZero() {
		return nil
	}
	return &types.ImageScanStatus{Status: types.ScanStatusFailed, Description: new(noScanner)}
}

// scanned finds the one image that a request about scans names.
func (r request) scanned(v store.View, repository *model.Repository, id *types.ImageIdentifier) (*model.Image, error) {
	if id == nil {
		return nil, violates("imageId", "must not be null")
	}
	if failure, ok := badID(*id); !ok {
		return nil, invalid("%s", *failure.FailureReason)
	}
	i := look(v, repository, *id).image
	if i == nil {
		return nil, r.noImage(repository.Name, *id)
	}
	return i, nil
}

// PutImageScanningConfiguration sets whether the repository's images are
// scanned when they are pushed.
func (d *Door) PutImageScanningConfiguration(ctx context.Context, in *ecr.PutImageScanningConfigurationInput) (*ecr.PutImageScanningConfigurationOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	if in.ImageScanningConfiguration == nil {
		return nil, violates("imageScanningConfiguration", "must not be null")
	}
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		repository.ScanOnPush = in.ImageScanningConfiguration.ScanOnPush
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.PutImageScanningConfigurationOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName,
		ImageScanningConfiguration: in.ImageScanningConfiguration}, nil
}

// StartImageScan tries to scan an image, which fails at once.
func (d *Door) StartImageScan(ctx context.Context, in *ecr.StartImageScanInput) (*ecr.StartImageScanOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	out := &ecr.StartImageScanOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		repository, err := r.repository(v, in.RepositoryName)
		if err != nil {
			return err
		}
		known, err := r.scanned(v, repository, in.ImageId)
		if err != nil {
			return err
		}
		if !known.Scannable() {
			return notScannable(known)
		}
		if !known.ScannedAt.IsZero() && r.now.Sub(known.ScannedAt) < scanEvery {
			return limitExceeded("The scan quota per image has been exceeded. Wait and try again.")
		}
		i := known.Clone()
		i.ScannedAt = r.now
		c.Put(i)
		out.ImageId, out.ImageScanStatus = new(identifier(i.Digest, aws.ToString(in.ImageId.ImageTag))), scanStatus(i)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DescribeImageScanFindings shows what became of an image's scan. A scan that
// failed found nothing out, so there are no findings, not even none: the
// answer has no imageScanFindings, and there is never a second page.
func (d *Door) DescribeImageScanFindings(ctx context.Context, in *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error) {
	r, v, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkLimit(in.MaxResults))
	if err != nil {
		return nil, err
	}
	i, err := r.scanned(v, repository, in.ImageId)
	if err != nil {
		return nil, err
	}
	if _, err := newPage(in.MaxResults, in.NextToken, "DescribeImageScanFindings", i.Key().ID); err != nil {
		return nil, err
	}
	status := scanStatus(i)
	if status == nil {
		return nil, r.noScan(repository.Name, *in.ImageId)
	}
	return &ecr.DescribeImageScanFindingsOutput{RegistryId: &r.registry, RepositoryName: &repository.Name,
		ImageId: new(identifier(i.Digest, aws.ToString(in.ImageId.ImageTag))), ImageScanStatus: status}, nil
}
