package registry_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestConformanceSuite runs the distribution specification's own conformance
// suite (the program of its folder "conformance") where it is installed under
// the name oci-conformance, with everything enabled that is optional and that
// we serve, and digests in all headers.
func TestConformanceSuite(t *testing.T) {
	suite, err := exec.LookPath("oci-conformance")
	if err != nil {
		t.Skip("skipping the specification's own suite: oci-conformance is not installed")
	}
	s := newServer(t, serverOptions{}, "conformance/repo1", "conformance/repo2")
	command := exec.Command(suite)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(),
		"OCI_REGISTRY="+s.host, "OCI_TLS=disabled", "OCI_VERSION=1.1",
		"OCI_REPO1=conformance/repo1", "OCI_REPO2=conformance/repo2", "OCI_RESULTS_DIR="+command.Dir,
		"OCI_API_BLOBS_UPLOAD_CANCEL=true", "OCI_API_MANIFESTS_TAG_PARAM=true",
		"OCI_API_BLOBS_DIGEST_HEADER=true", "OCI_API_MANIFESTS_DIGEST_HEADER=true")
	out, err := command.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the suite fails: %v", err)
	}
	if errs := s.failures(); len(errs) > 0 {
		t.Errorf("internal errors: %v", errs)
	}
}
