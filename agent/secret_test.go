package agent

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// vault is a SecretReader with what it was asked for.
type vault struct {
	values map[string]string // by name, or ARN/stage/version
	asked  []string
	down   int // so many calls are not answered
}

func (v *vault) Parameters(_ context.Context, as acs.Credentials, region string, names []string) (map[string]string, []string, error) {
	v.asked = append(v.asked, fmt.Sprint(as.AccessKeyID, " ", region, " ", names))
	if v.down--; v.down >= 0 {
		return nil, nil, &smithy.OperationError{ServiceID: "SSM", OperationName: "GetParameters", Err: os.ErrDeadlineExceeded}
	}
	out, missing := map[string]string{}, []string(nil)
	for _, name := range names {
		value, ok := v.values[name]
		if !ok {
			missing = append(missing, name)
		}
		out[name] = value
	}
	return out, missing, nil
}

func (v *vault) Secret(_ context.Context, as acs.Credentials, region, id, stage, version string) (string, error) {
	v.asked = append(v.asked, fmt.Sprint(as.AccessKeyID, " ", region, " ", id, "/", stage, "/", version))
	value, ok := v.values[id+"/"+stage+"/"+version]
	if !ok {
		return "", &smithy.OperationError{ServiceID: "Secrets Manager", OperationName: "GetSecretValue", Err: &smithy.GenericAPIError{
			Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret.", Fault: smithy.FaultClient}}
	}
	return value, nil
}

const secretARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf"

func secretFor(name, from string) acs.Secret {
	s := acs.Secret{Name: name, ValueFrom: from, Type: acs.SecretEnvironment, Provider: acs.ProviderParameter, Region: "us-east-1", Target: acs.SecretForContainer}
	if strings.Contains(from, ":secretsmanager:") {
		s.Provider = acs.ProviderSecret
	}
	return s
}

func withSecrets(id string, secrets ...acs.Secret) acs.Task {
	web := essential("web")
	web.Secrets = secrets
	t := task(id, web)
	t.ExecutionRoleCredentials = role("x" + id)
	return t
}

// Values of every kind arrive in the environment, are fetched once, as the
// execution role, and are nowhere on the node's disk.
func TestSecrets(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		v := &vault{values: map[string]string{"/app/name": "canary-1", "plain": "canary-2",
			secretARN + "//": `{"user":"canary-3","port":5432,"deep":{"a":1}}`, secretARN + "/AWSPREVIOUS/": "canary-4", secretARN + "//v1": "canary-5"}}
		h.vault = v
		var env []string
		h.behave = func(c runtime.Container) fake.Behaviour { env = c.Env; return fake.Behaviour{} }
		h.begin()
		web := withSecrets("t1", secretFor("A", "/app/name"), secretFor("B", "plain"), secretFor("B2", "plain"), secretFor("C", secretARN+":user::"),
			secretFor("D", secretARN+"::AWSPREVIOUS:"), secretFor("E", secretARN+":::v1"), secretFor("F", secretARN),
			secretFor("G", secretARN+":port::"), secretFor("H", secretARN+":deep::"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		for _, want := range []string{"A=canary-1", "B=canary-2", "B2=canary-2", "C=canary-3", "D=canary-4", "E=canary-5",
			`F={"user":"canary-3","port":5432,"deep":{"a":1}}`, "G=5432", `H={"a":1}`} {
			if !slices.Contains(env, want) {
				t.Errorf("%s is not in %v", want, env)
			}
		}
		if want := "ASIAxt1 us-east-1 [/app/name plain]"; !slices.Contains(v.asked, want) {
			t.Errorf("asked %v", v.asked)
		}
		noCanary(t, h)
		h.kill()
		asked := len(v.asked)
		h.begin()
		pass(2 * time.Minute)
		if len(v.asked) != asked || len(h.running()) != 1 {
			t.Errorf("after a restart: asked %v, running %v", v.asked[asked:], h.running())
		}
		h.plane.stop(web.ARN)
		h.nothingLeft()
	})
}

// noCanary looks through everything that the agent has written or said.
func noCanary(t *testing.T, h *host) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "canary") {
			t.Errorf("%s holds a secret: %s", path, text)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	h.plane.mu.Lock()
	defer h.plane.mu.Unlock()
	if said := fmt.Sprintf("%+v %+v %+v", h.plane.said, h.plane.tasks, h.trace); strings.Contains(said, "canary") {
		t.Error("the control plane or the log was told of a secret")
	}
}

func TestSecretsThatCannotBeHad(t *testing.T) {
	for _, test := range []struct {
		name, from, want string
		values           map[string]string
	}{
		{"no parameter", "/absent", "unable to retrieve secrets from ssm: invalid parameters: /absent", nil},
		{"no secret", secretARN, "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret " + secretARN +
			" from secrets manager: operation error Secrets Manager: GetSecretValue, api error ResourceNotFoundException: Secrets Manager can't find the specified secret.", nil},
		{"no key", secretARN + ":b::", "unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key b",
			map[string]string{secretARN + "//": `{"a":"canary"}`}},
		{"no JSON", secretARN + ":b::", "unable to retrieve secret from asm: service call has been retried 1 time(s): unable to parse the secret value as JSON, which the json key b asks for",
			map[string]string{secretARN + "//": `canary`}},
		{"bad ARN", secretARN + ":b", "unable to retrieve secret from asm: service call has been retried 1 time(s): an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				h.vault = &vault{values: test.values}
				h.begin()
				// Not even an essential container's: the values belong to the task.
				side := sidecar("side")
				side.Secrets = []acs.Secret{secretFor("A", test.from)}
				web := task("t1", essential("web"), side)
				web.ExecutionRoleCredentials = role("x1")
				h.plane.run(web)
				h.untilStatus(web.ARN, "STOPPED")
				want := "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: " + test.want
				if got := *h.plane.report(web.ARN).Reason; got != want {
					t.Errorf("reason\n%s, want\n%s", got, want)
				}
				if len(h.starts) != 0 || !slices.Equal(h.plane.told(web.ARN), []string{"STOPPED"}) {
					t.Errorf("started %v, told %v", h.starts, h.plane.told(web.ARN))
				}
				noCanary(t, h)
				h.nothingLeft()
			})
		})
	}
}

// An API that is away for a moment is asked again, and credentials that come
// late are waited for; what never comes ends the task.
func TestSecretsComeLate(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.vault = &vault{values: map[string]string{"a": "canary"}, down: 3}
		h.begin()
		web, never := withSecrets("t1", secretFor("A", "a")), withSecrets("t2", secretFor("A", "a"))
		web.ExecutionRoleCredentials.CredentialsID, never.ExecutionRoleCredentials.CredentialsID = "", ""
		for _, late := range []acs.Task{web, never} {
			late.ExecutionRoleCredentials = &acs.Credentials{RoleARN: "r"} // unknown for now
			h.plane.run(late)
		}
		pass(10 * time.Second)
		if len(h.running()) != 0 {
			t.Errorf("running: %v", h.running())
		}
		h.until("t2 gives up", 2*time.Minute, func() bool { return h.plane.last(never.ARN) == "STOPPED" })
		if got := *h.plane.report(never.ARN).Reason; !strings.HasSuffix(got, "unable to find execution role credentials") {
			t.Errorf("reason %q", got)
		}
		soon := withSecrets("t3", secretFor("A", "a"))
		h.plane.run(soon)
		h.untilStatus(soon.ARN, "RUNNING")
		h.plane.stop(soon.ARN)
		h.nothingLeft()
	})
}

// A private registry is told the user and the password of a secret.
func TestPrivateRegistry(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		v := &vault{values: map[string]string{secretARN + "//": `{"username":"u","password":"canary"}`}}
		h.vault = v
		var auth *runtime.BasicAuth
		h.pull = func(r runtime.PullRequest) fake.Pulled { auth = r.Auth; return fake.PullAny(r) }
		h.begin()
		private := func(id string) acs.Task {
			web := withSecrets(id)
			web.Containers[0].RegistryAuthentication = &acs.RegistryAuthentication{Type: "asm", ASM: &acs.ASMAuthData{CredentialsParameter: secretARN, Region: "us-east-1"}}
			return web
		}
		web := private("t1")
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		if auth == nil || *auth != (runtime.BasicAuth{Username: "u", Password: "canary"}) {
			t.Errorf("auth %+v", auth)
		}
		noCanary(t, h)
		v.values[secretARN+"//"] = `{"user":"canary"}`
		odd := private("t2")
		h.plane.run(odd)
		h.untilStatus(odd.ARN, "STOPPED")
		if got := *h.plane.report(odd.ARN).Reason; !strings.HasPrefix(got, "ResourceInitializationError: unable to pull secrets or registry auth: ") || strings.Contains(got, "canary") {
			t.Errorf("reason %q", got)
		}
		h.plane.stop(web.ARN)
		h.nothingLeft()
	})
}
