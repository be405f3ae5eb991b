package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/spf13/cobra"
)

const (
	// followEvery is how often new output is looked for.
	followEvery = time.Second
	// tasksEvery is how often new tasks of a service are looked for.
	tasksEvery = 5 * time.Second
	// maxLogTasks is how many tasks' logs are shown at a time.
	maxLogTasks = 500
)

func logsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "logs SERVICE|TASK", Short: "Show what the containers of a service or a task have written", Args: cobra.ExactArgs(1),
		Long: `Show the logs of all tasks of a service, or of one task, merged by time, also of tasks that have stopped lately. Each line begins with
the task and the container. Only containers with the awslogs driver are known.` + personHelp,
		Example: "  roadstead logs web --follow --since 10m",
	}
	flags := addPersonFlags(c)
	l := &logReader{}
	c.Flags().StringVarP(&l.container, "container", "c", "", "only this container")
	c.Flags().BoolVarP(&l.follow, "follow", "f", false, "go on with what is written from now on")
	since := c.Flags().String("since", "", `only what is newer: "10m", "2h" or a time as 2006-01-02T15:04:05Z`)
	c.Flags().BoolVarP(&l.previous, "previous", "p", false, "only tasks that have stopped")
	c.Flags().BoolVar(&l.bare, "no-prefix", false, "do not begin lines with task and container")
	c.Flags().BoolVar(&l.timestamps, "timestamps", false, "begin lines with their time")
	c.RunE = func(c *cobra.Command, args []string) (err error) {
		if l.since, err = parseSince(*since, time.Now()); err != nil {
			return err
		}
		if l.follow && l.previous {
			return errors.New("what has stopped writes nothing more: --follow and --previous exclude each other")
		}
		if l.person, err = flags.person(); err != nil {
			return err
		}
		l.out, l.of, l.streams = c.OutOrStdout(), args[0], map[string]*logStream{}
		return l.run(c.Context())
	}
	return c
}

func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, fmt.Errorf("--since %q: want a duration or a time", s)
	}
	return at, nil
}

// logReader merges the logs of containers.
type logReader struct {
	*person
	out       io.Writer
	of        string // service or task
	container string
	since     time.Time

	follow, previous, bare, timestamps bool

	streams map[string]*logStream // by group and name
}

// logStream is the log of one container of one task.
type logStream struct {
	group, name, prefix string
	next                *string // where to go on reading
}

// logLine is one event of one stream.
type logLine struct {
	at     int64
	prefix string
	text   string
}

func (l *logReader) run(ctx context.Context) error {
	if err := l.find(ctx); err != nil {
		return err
	}
	if len(l.streams) == 0 && !l.follow {
		return fmt.Errorf("%s: no task of it writes to a log that is kept", l.of)
	}
	found := time.Now()
	for {
		if err := l.show(ctx); err != nil {
			return err
		}
		if !l.follow {
			return nil
		}
		pause := time.NewTimer(followEvery)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
		if time.Since(found) >= tasksEvery {
			if err := l.find(ctx); err != nil {
				return err
			}
			found = time.Now()
		}
	}
}

// find adds the streams of the tasks that are meant.
func (l *logReader) find(ctx context.Context) error {
	tasks, err := l.tasks(ctx)
	if err != nil {
		return err
	}
	definitions := map[string]*types.TaskDefinition{}
	for _, t := range tasks {
		if l.previous && aws.ToString(t.LastStatus) != "STOPPED" {
			continue
		}
		arn := aws.ToString(t.TaskDefinitionArn)
		if definitions[arn] == nil {
			out, err := l.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
			if err != nil {
				return fmt.Errorf("definition of task %s: %w", resourceID(aws.ToString(t.TaskArn)), err)
			}
			definitions[arn] = out.TaskDefinition
		}
		for _, d := range definitions[arn].ContainerDefinitions {
			if l.container == "" || l.container == aws.ToString(d.Name) {
				l.add(t, d)
			}
		}
	}
	return nil
}

// add adds the stream of a container.
func (l *logReader) add(t types.Task, d types.ContainerDefinition) {
	if d.LogConfiguration == nil || d.LogConfiguration.LogDriver != types.LogDriverAwslogs {
		return
	}
	o, name, id := d.LogConfiguration.Options, aws.ToString(d.Name), resourceID(aws.ToString(t.TaskArn))
	s := &logStream{group: o["awslogs-group"], prefix: id[:min(8, len(id))] + "/" + name}
	switch {
	case o["awslogs-stream-prefix"] != "":
		s.name = o["awslogs-stream-prefix"] + "/" + name + "/" + id
	default:
		for _, c := range t.Containers { // the stream is named after the container then
			if aws.ToString(c.Name) == name {
				s.name = aws.ToString(c.RuntimeId)
			}
		}
	}
	if key := s.group + "\n" + s.name; s.name != "" && l.streams[key] == nil {
		l.streams[key] = s
	}
}

// tasks returns the service's tasks, or the one task.
func (l *logReader) tasks(ctx context.Context) ([]types.Task, error) {
	one, err := l.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &l.cluster, Tasks: []string{l.of}})
	if err == nil && len(one.Tasks) == 1 {
		return one.Tasks, nil
	}
	var arns []string
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		pages := ecs.NewListTasksPaginator(l.ecs, &ecs.ListTasksInput{Cluster: &l.cluster, ServiceName: &l.of, DesiredStatus: status})
		for pages.HasMorePages() && len(arns) < maxLogTasks {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s is no task and no service: %w", l.of, err)
			}
			arns = append(arns, page.TaskArns...)
		}
	}
	var all []types.Task
	for some := range slices.Chunk(arns[:min(len(arns), maxLogTasks)], 100) {
		out, err := l.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &l.cluster, Tasks: some})
		if err != nil {
			return nil, fmt.Errorf("tasks of %s: %w", l.of, err)
		}
		all = append(all, out.Tasks...)
	}
	return all, nil
}

// show writes what is new, in the order of time.
func (l *logReader) show(ctx context.Context) error {
	var lines []logLine
	for _, s := range l.streams {
		some, err := l.read(ctx, s)
		if err != nil {
			return err
		}
		lines = append(lines, some...)
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.prefix, b.prefix)) })
	for _, line := range lines {
		begin := ""
		if l.timestamps {
			begin = time.UnixMilli(line.at).UTC().Format("2006-01-02T15:04:05.000Z") + " "
		}
		if !l.bare {
			begin += line.prefix + " "
		}
		if _, err := fmt.Fprintf(l.out, "%s%s\n", begin, strings.TrimRight(line.text, "\r\n")); err != nil {
			return err
		}
	}
	return nil
}

// read reads a stream to its end. One that is not there yet is empty.
func (l *logReader) read(ctx context.Context, s *logStream) (lines []logLine, err error) {
	for {
		in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: &s.group, LogStreamName: &s.name, StartFromHead: new(true), NextToken: s.next}
		if !l.since.IsZero() {
			in.StartTime = new(l.since.UnixMilli())
		}
		out, err := l.logs.GetLogEvents(ctx, in)
		var none *logstypes.ResourceNotFoundException
		switch {
		case errors.As(err, &none):
			return lines, nil
		case err != nil && ctx.Err() != nil:
			return lines, nil
		case err != nil:
			return nil, fmt.Errorf("log of %s: %w", s.prefix, err)
		}
		for _, e := range out.Events {
			lines = append(lines, logLine{aws.ToInt64(e.Timestamp), s.prefix, aws.ToString(e.Message)})
		}
		over := aws.ToString(out.NextForwardToken) == aws.ToString(s.next) || out.NextForwardToken == nil
		s.next = out.NextForwardToken
		if over {
			return lines, nil
		}
	}
}

// resourceID returns the last part of an ARN.
func resourceID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
