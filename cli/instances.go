package cli

import (
	"context"
	"errors"
	"fmt"
	"github.com/roadstead/roadstead/agent/mount"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/agent"
	"github.com/roadstead/roadstead/agent/network/linux"
	"github.com/roadstead/roadstead/model"
)

// maxInstances bounds `roadstead up --instances`.
const maxInstances = 100

// attributeInstance is the attribute that tells the instances of one machine
// apart, for people: 1, 2, and so on.
const attributeInstance = "roadstead.instance"

// instance returns the folder of the machine's k-th container instance, from
// 1. The first one's is the data directory itself, as if it were the only one.
func (d dataDir) instance(k int) (dataDir, error) {
	if k == 1 {
		return d, nil
	}
	return openDataDir(d.join("instances", strconv.Itoa(k)))
}

// instances returns the numbers of the instances whose folders there are. The
// first one's always is.
func (d dataDir) instances() (numbers []int) {
	numbers = []int{1}
	folders, _ := filepath.Glob(d.join("instances", "*"))
	for _, f := range folders {
		if k, err := strconv.Atoi(filepath.Base(f)); err == nil && k > 1 {
			numbers = append(numbers, k)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// openNodes opens the instances with the numbers. Each lends its part of the
// machine, is in an availability zone by turns, and has containers, networks,
// control groups and an identity of its own; the first runs the containerd that
// all use.
func openNodes(o nodeOptions, numbers []int) (nodes []*node, err error) {
	first, attributes := o.dir, o.attributes
	defer func() {
		if err != nil {
			for _, n := range nodes {
				n.close()
			}
		}
	}()
	o.neighbours, o.agents = new(linux.Neighbours), new(agent.Neighbours)
	for _, k := range numbers {
		if o.dir, err = first.instance(k); err != nil {
			return nodes, err
		}
		if o.beside = ""; k > 1 && o.containerd == "" {
			o.beside = first
		}
		if k > 1 {
			o.instanceMetadata = "off" // the machine is one, and has one identity
		}
		o.withoutGPUs = k != numbers[0]
		o.parts, o.zone, o.attributes = len(numbers), string(rune('a'+(k-1)%zones)), attributes
		if len(numbers) > 1 {
			o.attributes = append(slices.Clone(attributes), types.Attribute{Name: aws.String(attributeInstance), Value: aws.String(strconv.Itoa(k))})
		}
		n, err := openNode(o)
		if err != nil {
			return nodes, fmt.Errorf("container instance %d: %w", k, err)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// zones is how many availability zones the region has.
const zones = 3

// runNodes runs instances until ctx ends or one of them fails.
func runNodes(ctx context.Context, nodes []*node) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, n := range nodes {
		group.Go(func() error { return n.run(ctx) })
	}
	return group.Wait()
}

// destroyNodes removes every container, sandbox and control group of the
// machine's instances. It runs the first one's containerd for as long as that
// takes.
func destroyNodes(ctx context.Context, o nodeOptions) error {
	nodes, err := openNodes(o, o.dir.instances())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	running, stop := context.WithCancel(ctx)
	group, running := errgroup.WithContext(running)
	if s := nodes[0].supervisor; s != nil {
		group.Go(func() error { return s.Run(running) })
	}
	for _, n := range slices.Backward(nodes) {
		err = errors.Join(err, n.purge(ctx))
	}
	stop()
	if werr := group.Wait(); werr != nil && !errors.Is(werr, context.Canceled) {
		err = errors.Join(err, werr)
	}
	if err != nil {
		for _, n := range nodes {
			_ = n.runtime.Close()
		}
		return err
	}
	for _, n := range slices.Backward(nodes) {
		err = errors.Join(err, n.forget(context.WithoutCancel(ctx)))
	}
	return err
}

// takesFargate is the attribute of an instance that takes tasks of Fargate beside
// those of its cluster.
func takesFargate() types.Attribute {
	return types.Attribute{Name: aws.String(model.AttributeFargate), Value: aws.String("shared")}
}

// removeEverything removes the container instances and then the folder.
func removeEverything(ctx context.Context, d dataDir, o nodeOptions) error {
	if os.Geteuid() == 0 {
		if err := destroyNodes(ctx, o); err != nil {
			return fmt.Errorf("remove the container instances: %w", err)
		}
	}
	// What is still mounted there may be somebody's data.
	helper, err := mount.OwnHelper()
	if err == nil {
		err = mount.Table{Helper: helper}.UnmountBelow(string(d))
	}
	if err != nil {
		return fmt.Errorf("remove the data directory: %w", err)
	}
	if err := os.RemoveAll(string(d)); err != nil {
		return fmt.Errorf("remove the data directory: %w", err)
	}
	return nil
}
