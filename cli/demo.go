package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/registry/sampleimage"
)

const (
	demoName  = "demo"
	demoGroup = "/demo/web"
	demoTasks = 3
	demoPort  = 8080 // sampleimage.WebPort
	// demoPatience is how long one step of the demo may take.
	demoPatience = time.Minute
)

func demoCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "demo", Short: "Show the main job: a service of three web containers that survives a kill", Args: cobra.NoArgs,
		Long: `Start Roadstead if it does not run, push a sample image to its registry, run a service of three tasks of it,
call each, show their logs, kill one and show its replacement. Everything goes through the public APIs.
It is left running: go on with the aws CLI, or remove all with "roadstead down".`,
	}
	dir := addDataDir(c)
	address := c.Flags().String("listen", "127.0.0.1:4566", "address to serve on if it is not running yet")
	c.RunE = func(c *cobra.Command, _ []string) error {
		d, err := openDataDir(*dir)
		if err != nil {
			return err
		}
		demo := &demo{ctx: c.Context(), out: c.OutOrStdout(), dir: d, began: time.Now()}
		return demo.run(*address)
	}
	return c
}

// demo is a user of the public APIs, with the SDK's clients.
type demo struct {
	ctx   context.Context
	out   io.Writer
	dir   dataDir
	began time.Time
	url   string
	ecs   *ecs.Client
	ecr   *ecr.Client
	logs  *cloudwatchlogs.Client
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "[%5.1fs] %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

func (d *demo) run(address string) error {
	for _, step := range []func() error{
		func() error { return d.start(address) }, d.connect, d.push, d.deploy, d.call, d.showLogs, d.killOne, d.farewell,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// start starts `roadstead up` in the background unless it runs already.
func (d *demo) start(address string) error {
	if d.dir.holder() != 0 {
		d.say("Roadstead runs already (process %d)", d.dir.holder())
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start roadstead: %w", err)
	}
	log, err := os.OpenFile(d.dir.join("up.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start roadstead: %w", err)
	}
	defer log.Close()
	d.say("starting Roadstead: roadstead up --data-dir %s --listen %s", d.dir, address)
	if err := os.Remove(d.dir.join("endpoint")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	up := exec.Command(self, "up", "--data-dir", string(d.dir), "--listen", address)
	up.Stdout, up.Stderr, up.SysProcAttr = log, log, &syscall.SysProcAttr{Setsid: true}
	if err := up.Start(); err != nil {
		return fmt.Errorf("start roadstead: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	return d.until("Roadstead to be ready", func() (bool, error) {
		select {
		case err := <-ended:
			text, _ := os.ReadFile(d.dir.join("up.log"))
			return false, fmt.Errorf("roadstead up ended: %w\n%s", err, text)
		default:
		}
		_, err := d.dir.endpoint()
		return err == nil, nil
	})
}

// until waits for something to be so.
func (d *demo) until(what string, so func() (bool, error)) error {
	for deadline := time.Now().Add(demoPatience); ; time.Sleep(50 * time.Millisecond) {
		ok, err := so()
		if ok || err != nil {
			return err
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %v for %s", demoPatience, what)
		}
	}
}

func (d *demo) connect() error {
	url, err := d.dir.endpoint()
	if err != nil {
		return err
	}
	key, err := keyring.Load(string(d.dir))
	if err != nil {
		return err
	}
	config := clientConfig(url, staticCredentials(key.AccessKeyID, key.SecretAccessKey, ""))
	d.url, d.ecs, d.ecr, d.logs = url, ecs.NewFromConfig(config), ecr.NewFromConfig(config), cloudwatchlogs.NewFromConfig(config)
	d.say("it answers at %s", url)
	return nil
}

func (d *demo) image() string {
	return strings.TrimPrefix(d.url, "http://") + "/" + demoName + "/web:latest"
}

// push builds the sample image and pushes it to the built-in registry.
func (d *demo) push() error {
	busybox, err := sampleimage.FindBusybox()
	if err != nil {
		return fmt.Errorf("%w: apt-get install busybox-static", err)
	}
	image, err := sampleimage.Web(d.ctx, busybox, sampleimage.OCI)
	if err != nil {
		return err
	}
	_, err = d.ecr.CreateRepository(d.ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String(demoName + "/web")})
	var exists *ecrtypes.RepositoryAlreadyExistsException
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	token, err := d.ecr.GetAuthorizationToken(d.ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return err
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(token.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		return err
	}
	user, password, _ := strings.Cut(string(text), ":")
	digest, err := sampleimage.Push(d.ctx, image, d.image(), sampleimage.Credentials{Username: user, Password: password})
	if err != nil {
		return err
	}
	d.say("pushed %s", digest)
	return nil
}

// deploy makes the service, or a new deployment of it, and waits until it is
// stable.
func (d *demo) deploy() error {
	_, err := d.logs.CreateLogGroup(d.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(demoGroup)})
	var exists *logstypes.ResourceAlreadyExistsException
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	if err := d.until("a container instance", d.instanceConnected); err != nil {
		return err
	}
	definition, err := d.ecs.RegisterTaskDefinition(d.ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(demoName), ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("web"), Image: aws.String(d.image()), Memory: aws.Int32(32), Essential: aws.Bool(true),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(demoPort)}},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": demoGroup, "awslogs-region": region, "awslogs-stream-prefix": "web"}},
		}}})
	if err != nil {
		return err
	}
	arn := aws.ToString(definition.TaskDefinition.TaskDefinitionArn)
	d.say("registered %s", arn)
	if err := d.createOrUpdate(arn); err != nil {
		return err
	}
	began := time.Now()
	if err := ecs.NewServicesStableWaiter(d.ecs, func(o *ecs.ServicesStableWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, time.Second
	}).Wait(d.ctx, &ecs.DescribeServicesInput{Services: []string{demoName}}, demoPatience); err != nil {
		return fmt.Errorf("service %s: %w%s", demoName, err, d.events())
	}
	d.say("the service is stable with %d tasks (after %.1fs)", demoTasks, time.Since(began).Seconds())
	return nil
}

func (d *demo) instanceConnected() (bool, error) {
	list, err := d.ecs.ListContainerInstances(d.ctx, &ecs.ListContainerInstancesInput{})
	if err != nil || len(list.ContainerInstanceArns) == 0 {
		return false, err
	}
	out, err := d.ecs.DescribeContainerInstances(d.ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(out.ContainerInstances, func(i types.ContainerInstance) bool { return i.AgentConnected }), nil
}

func (d *demo) createOrUpdate(definition string) error {
	out, err := d.ecs.DescribeServices(d.ctx, &ecs.DescribeServicesInput{Services: []string{demoName}})
	if err != nil {
		return err
	}
	if len(out.Services) > 0 && aws.ToString(out.Services[0].Status) == "ACTIVE" {
		_, err = d.ecs.UpdateService(d.ctx, &ecs.UpdateServiceInput{Service: aws.String(demoName),
			TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(demoTasks)})
		d.say("updated service %s", demoName)
		return err
	}
	_, err = d.ecs.CreateService(d.ctx, &ecs.CreateServiceInput{ServiceName: aws.String(demoName),
		TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(demoTasks)})
	d.say("created service %s with %d tasks on dynamic host ports", demoName, demoTasks)
	return err
}

// events returns the service's events, for an error that needs explaining.
func (d *demo) events() string {
	out, err := d.ecs.DescribeServices(d.ctx, &ecs.DescribeServicesInput{Services: []string{demoName}})
	if err != nil || len(out.Services) == 0 {
		return ""
	}
	var b strings.Builder
	for _, e := range out.Services[0].Events {
		b.WriteString("\n  " + aws.ToString(e.Message))
	}
	stopped, _ := stops(d.ctx, d.ecs, defaultCluster, demoName) // there is an error to tell already
	for _, said := range stopped {
		b.WriteString("\n  of its tasks, " + said)
	}
	return b.String()
}

// tasks returns the service's running tasks.
func (d *demo) tasks() ([]types.Task, error) {
	list, err := d.ecs.ListTasks(d.ctx, &ecs.ListTasksInput{ServiceName: aws.String(demoName)})
	if err != nil || len(list.TaskArns) == 0 {
		return nil, err
	}
	out, err := d.ecs.DescribeTasks(d.ctx, &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out.Tasks, func(t types.Task) bool { return aws.ToString(t.LastStatus) != "RUNNING" }), nil
}

func shortID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:][:8] }

func (d *demo) call() error {
	tasks, err := d.tasks()
	if err != nil {
		return err
	}
	for _, t := range tasks {
		for _, b := range t.Containers[0].NetworkBindings {
			url := fmt.Sprintf("http://127.0.0.1:%d/", aws.ToInt32(b.HostPort))
			text, err := get(d.ctx, url)
			if err != nil {
				return fmt.Errorf("task %s at %s: %w", shortID(*t.TaskArn), url, err)
			}
			d.say("task %s answers at %s: %s", shortID(*t.TaskArn), url, text)
		}
	}
	return nil
}

func get(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s", answer.Status)
	}
	return strings.Join(strings.Fields(string(text)), " "), err
}

func (d *demo) showLogs() error {
	var events []logstypes.FilteredLogEvent
	err := d.until("log events", func() (bool, error) {
		out, err := d.logs.FilterLogEvents(d.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(demoGroup),
			StartTime: aws.Int64(d.began.UnixMilli())})
		if err != nil {
			return false, err
		}
		events = out.Events
		return len(events) >= demoTasks, nil
	})
	for _, e := range events[max(0, len(events)-6):] {
		d.say("log %s: %s", aws.ToString(e.LogStreamName)[:12], aws.ToString(e.Message))
	}
	return err
}

// killOne kills the first process of one container behind the platform's back
// and waits for the task's replacement.
func (d *demo) killOne() error {
	before, err := d.tasks()
	if err != nil || len(before) == 0 {
		return errors.Join(err, errors.New("there is no task to kill"))
	}
	victim := before[0]
	began := time.Now()
	if err := killContainer(d.ctx, aws.ToString(victim.Containers[0].RuntimeId)); err != nil {
		return err
	}
	d.say("killed the container of task %s", shortID(*victim.TaskArn))
	return d.until("the replacement", func() (bool, error) {
		now, err := d.tasks()
		if err != nil {
			return false, err
		}
		for _, t := range now {
			if !slices.ContainsFunc(before, func(b types.Task) bool { return *b.TaskArn == *t.TaskArn }) {
				d.say("task %s replaces it, RUNNING after %.2fs", shortID(*t.TaskArn), time.Since(began).Seconds())
				return true, nil
			}
		}
		return false, nil
	})
}

func (d *demo) farewell() error {
	fmt.Fprintf(d.out, `
Roadstead keeps running. Go on with:

  eval "$(bin/roadstead env --data-dir %[1]s)"
  aws ecs list-tasks --service-name %[2]s
  aws ecs update-service --service %[2]s --desired-count 5
  aws logs filter-log-events --log-group-name %[3]s --limit 10

Remove everything:

  bin/roadstead down --data-dir %[1]s
`, d.dir, demoName, demoGroup)
	return nil
}
