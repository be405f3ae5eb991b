package e2e

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// askVersions moves the tag of a service's image: tasks of the same revision go
// on running what the first of them ran, but for the container that need not.
// The tag is another image's afterwards: this comes last.
func (p *platform) askVersions(image string) {
	p.t.Helper()
	ctx := context.Background()
	definition, _ := p.crew("versions", image,
		member("fixed", image, "echo of $VERSION > /w/fixed; "+afterwards, true, nil),
		member("floating", image, afterwards, true, func(c *types.ContainerDefinition) { c.VersionConsistency = types.VersionConsistencyDisabled }))
	if _, err := p.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("versions"), TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(1)}); err != nil {
		p.t.Fatal(err)
	}
	digests := func(count int) (fixed, floating map[string]bool) {
		until(p.t, 2*stepPatience, "the service's tasks", func() bool {
			list, err := p.ecs.ListTasks(ctx, &ecs.ListTasksInput{ServiceName: aws.String("versions")})
			fixed, floating = map[string]bool{}, map[string]bool{}
			running := 0
			for _, arn := range list.TaskArns {
				task := p.task(arn)
				if aws.ToString(task.LastStatus) == "RUNNING" {
					running++
				}
				fixed[aws.ToString(container(p.t, task, "fixed").ImageDigest)] = true
				floating[aws.ToString(container(p.t, task, "floating").ImageDigest)] = true
			}
			return err == nil && running == count
		})
		return fixed, floating
	}
	digests(1)
	p.push(image, "VERSION=2")
	if _, err := p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("versions"), DesiredCount: aws.Int32(2)}); err != nil {
		p.t.Fatal(err)
	}
	if fixed, floating := digests(2); len(fixed) != 1 || len(floating) != 2 {
		p.t.Errorf("the images are %v where versions are consistent, %v where they are not", fixed, floating)
	}
	if _, err := p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("versions"), ForceNewDeployment: true, DesiredCount: aws.Int32(3)}); err != nil {
		p.t.Fatal(err)
	}
	until(p.t, 4*stepPatience, "the new deployment to run the new image", func() bool {
		fixed, floating := digests(3)
		for digest := range fixed {
			return len(fixed) == 1 && floating[digest]
		}
		return false
	})
	described, err := p.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{"versions"}})
	if err != nil {
		p.t.Fatal(err)
	}
	alone := slices.ContainsFunc(described.Services[0].Events, func(e types.ServiceEvent) bool { return strings.Contains(*e.Message, "has started 2 tasks: ") })
	if !alone {
		p.t.Errorf("the first task of the deployment was not started before the others: %+v", described.Services[0].Events)
	}
}

// push pushes busybox with another environment.
func (p *platform) push(reference, variable string) {
	p.t.Helper()
	ctx := context.Background()
	program, err := sampleimage.FindBusybox()
	if err != nil {
		p.t.Fatal(err)
	}
	files, err := sampleimage.Busybox(ctx, program)
	if err != nil {
		p.t.Fatal(err)
	}
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{files}, Env: []string{"PATH=/bin:/usr/bin:/sbin", variable}, Cmd: []string{"/bin/sh"}})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := sampleimage.Push(ctx, image, reference, sampleimage.Credentials{Username: "AWS", Password: p.password()}); err != nil {
		p.t.Fatal(err)
	}
}
