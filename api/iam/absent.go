package iam

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Users have no passwords, MFA devices, SSH keys, certificates or
// service-specific credentials here, because none can be made. Clients look
// for them before they delete a user, and are told that there are none.

// mayBeAsked checks that the user who is asked about exists.
func (c *call) mayBeAsked(named *string) error {
	name, err := c.userName(named)
	if err != nil || name == "" {
		return err
	}
	_, err = c.user(c.db.View(), name)
	return err
}

// ListMFADevices lists no devices.
func (c *call) ListMFADevices(in *iam.ListMFADevicesInput) (*iam.ListMFADevicesOutput, error) {
	return &iam.ListMFADevicesOutput{MFADevices: []types.MFADevice{}}, c.mayBeAsked(in.UserName)
}

// ListSSHPublicKeys lists no keys.
func (c *call) ListSSHPublicKeys(in *iam.ListSSHPublicKeysInput) (*iam.ListSSHPublicKeysOutput, error) {
	return &iam.ListSSHPublicKeysOutput{SSHPublicKeys: []types.SSHPublicKeyMetadata{}}, c.mayBeAsked(in.UserName)
}

// ListSigningCertificates lists no certificates.
func (c *call) ListSigningCertificates(in *iam.ListSigningCertificatesInput) (*iam.ListSigningCertificatesOutput, error) {
	return &iam.ListSigningCertificatesOutput{Certificates: []types.SigningCertificate{}}, c.mayBeAsked(in.UserName)
}

// ListServiceSpecificCredentials lists no credentials.
func (c *call) ListServiceSpecificCredentials(in *iam.ListServiceSpecificCredentialsInput) (*iam.ListServiceSpecificCredentialsOutput, error) {
	return &iam.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []types.ServiceSpecificCredentialMetadata{}}, c.mayBeAsked(in.UserName)
}

// ListVirtualMFADevices lists no devices of the account.
func (c *call) ListVirtualMFADevices(*iam.ListVirtualMFADevicesInput) (*iam.ListVirtualMFADevicesOutput, error) {
	return &iam.ListVirtualMFADevicesOutput{VirtualMFADevices: []types.VirtualMFADevice{}}, nil
}

// GetLoginProfile finds no password.
func (c *call) GetLoginProfile(in *iam.GetLoginProfileInput) (*iam.GetLoginProfileOutput, error) {
	return nil, c.noLoginProfile(in.UserName)
}

// DeleteLoginProfile finds no password to delete.
func (c *call) DeleteLoginProfile(in *iam.DeleteLoginProfileInput) (*iam.DeleteLoginProfileOutput, error) {
	return nil, c.noLoginProfile(in.UserName)
}

func (c *call) noLoginProfile(named *string) error {
	name, err := c.userName(named)
	if err == nil {
		err = c.mayBeAsked(named)
	}
	if err != nil {
		return err
	}
	return noSuch("Login Profile for User %s cannot be found.", name)
}
