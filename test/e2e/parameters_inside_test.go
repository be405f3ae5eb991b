package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// aboutMe asks the metadata endpoint about the container itself.
const aboutMe = `u=${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}; printf 'GET %s HTTP/1.0\r\nHost: 169.254.170.2\r\n\r\n' $u | nc -w 5 169.254.170.2 80`

// askInside asks one task of many containers in network mode bridge.
func (p *platform) askInside(image, role string) {
	p.aws("ssm", "put-parameter", "--name", "/harbour/pilot", "--type", "SecureString", "--value", "from-ssm")
	secret := p.secretARN("pilot", `{"password":"from-asm"}`)
	host := p.t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "file"), []byte("of the host\n"), 0o644); err != nil {
		p.t.Fatal(err)
	}
	task := p.interview("inside", image, []subject{plain(secret), confined(), equipped(), privileged(), terminal(), interactive(), neighbour(), lender(), borrower()},
		func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = aws.String(role)
			in.RuntimePlatform = &types.RuntimePlatform{OperatingSystemFamily: types.OSFamilyLinux, CpuArchitecture: types.CPUArchitectureX8664}
			in.Volumes = append(in.Volumes,
				types.Volume{Name: aws.String("bind"), Host: &types.HostVolumeProperties{SourcePath: aws.String(host)}},
				types.Volume{Name: aws.String("scratch"), Host: &types.HostVolumeProperties{}},
				types.Volume{Name: aws.String("own"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{Scope: types.ScopeTask, Labels: map[string]string{"a": "b"}}},
				types.Volume{Name: aws.String("ram"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{
					DriverOpts: map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "size=1m,mode=1770,noexec"}}},
				types.Volume{Name: aws.String("common"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{Scope: types.ScopeShared, Autoprovision: aws.Bool(true)}})
		})
	p.t.(*testing.T).Run("portMappings", func(t *testing.T) { answersAt(t, task) })
	p.t.(*testing.T).Run("containerPortRange", func(t *testing.T) { rangeAnswers(t, task) })
	p.aws("ecs", "stop-task", "--task", aws.ToString(task.TaskArn))
	p.untilTask(aws.ToString(task.TaskArn), "STOPPED")
	p.t.(*testing.T).Run("volumesEnd", func(t *testing.T) {
		until(t, settlePatience, "the task's volumes to go", func() bool {
			_, err := os.Stat(filepath.Join(p.dir, "node", "volumes", idOf(task)))
			return os.IsNotExist(err)
		})
		for path, want := range map[string]string{filepath.Join(host, "made"): "inside", filepath.Join(p.dir, "node", "shared", "common", "_data", "made"): "common"} {
			if text, err := os.ReadFile(path); strings.TrimSpace(string(text)) != want {
				t.Errorf("%s is left with %q: %v", path, text, err)
			}
		}
	})
}

// answersAt reaches the ports of the first container from the host: one of its
// own choice and a dynamic one.
func answersAt(t *testing.T, task types.Task) {
	bindings := map[int32]types.NetworkBinding{}
	for _, b := range task.Containers[0].NetworkBindings {
		bindings[aws.ToInt32(b.ContainerPort)] = b
	}
	for _, port := range []int32{81, 82} {
		if text, err := exchange(int(aws.ToInt32(bindings[port].HostPort))); text != fmt.Sprint("port ", port) {
			t.Errorf("port %d, bound as %+v, answers %q: %v", port, bindings[port], text, err)
		}
	}
}

// rangeAnswers reaches every port of a range on the host's port that belongs to it.
func rangeAnswers(t *testing.T, task types.Task) {
	seen := 0
	for _, b := range task.Containers[0].NetworkBindings {
		if b.ContainerPortRange == nil {
			continue
		}
		seen++
		var first, last, from, to int
		if _, err := fmt.Sscanf(aws.ToString(b.HostPortRange)+" "+*b.ContainerPortRange, "%d-%d %d-%d", &first, &last, &from, &to); err != nil || b.HostPort != nil || b.ContainerPort != nil || last-first != to-from || from != 9000 {
			t.Errorf("%+v: %v", b, err)
		}
		for i := 0; b.Protocol == types.TransportProtocolTcp && i <= last-first; i++ {
			text, err := exchange(first + i)
			if text != fmt.Sprint("port ", from+i) {
				t.Errorf("host port %d answers %q: %v", first+i, text, err)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d ranges are bound: %+v", seen, task.Containers[0].NetworkBindings)
	}
}

// exchange returns what a port of this machine says.
func exchange(port int) (string, error) {
	c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second)) // of a connection that is open
	text, err := io.ReadAll(c)
	return strings.TrimSpace(string(text)), err
}

func plain(secret string) subject {
	return subject{"plain", func(c *types.ContainerDefinition) {
		c.WorkingDirectory, c.Hostname, c.Cpu, c.Memory, c.MemoryReservation = aws.String("/bin"), aws.String("harbour"), 100, aws.Int32(32), aws.Int32(24)
		c.Environment = []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("b c")}}
		c.Secrets = []types.Secret{{Name: aws.String("ASM"), ValueFrom: aws.String(secret + ":password::")}, {Name: aws.String("SSM"), ValueFrom: aws.String("/harbour/pilot")}}
		for _, name := range []string{"first", "second"} {
			c.EnvironmentFiles = append(c.EnvironmentFiles, types.EnvironmentFile{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::files/" + name + ".env")})
		}
		c.DnsServers, c.DnsSearchDomains = []string{"10.9.8.7"}, []string{"harbour.example"}
		c.ExtraHosts = []types.HostEntry{{Hostname: aws.String("buoy"), IpAddress: aws.String("10.1.2.3")}}
		c.DockerLabels = map[string]string{"example.colour": "blue"}
		c.Ulimits = []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 77, HardLimit: 88}}
		c.SystemControls = []types.SystemControl{{Namespace: aws.String("net.core.somaxconn"), Value: aws.String("123")}, {Namespace: aws.String("kernel.msgmax"), Value: aws.String("4242")}}
		c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(81)}, {ContainerPort: aws.Int32(82), HostPort: aws.Int32(freePort())},
			{ContainerPortRange: aws.String("9000-9003")}, {ContainerPortRange: aws.String("9000-9001"), Protocol: types.TransportProtocolUdp}}
	}, []question{
		ask("entryPoint", `echo $0`, "entry"),
		ask("command", `echo $1 $2`, "first second"),
		ask("workingDirectory", `pwd`, "/bin"),
		ask("image", `test -x /bin/busybox && echo busybox`, "busybox"),
		ask("environment", `echo "$A"`, "b c"),
		ask("secrets", `echo $ASM $SSM`, "from-asm from-ssm"),
		ask("environmentFiles", `echo "$FILE|$A|$QUOTED|$TWICE|$MORE"`, "from  file|b c|\"q\"|first|a=b"),
		ask("cpu", `cat /sys/fs/cgroup/cpu/cpu.shares 2>/dev/null || cat /sys/fs/cgroup/cpu.weight`, "100", "4", "17"),
		ask("memory", `cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max`, "33554432"),
		ask("memoryReservation", `cat /sys/fs/cgroup/memory/memory.soft_limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.low`, "25165824"),
		ask("hostname", `hostname; cat /etc/hostname; grep -c "	harbour$" /etc/hosts`, "harbour\nharbour\n1"),
		ask("dnsServers", `grep nameserver /etc/resolv.conf`, "nameserver 10.9.8.7"),
		ask("dnsSearchDomains", `grep search /etc/resolv.conf`, "search harbour.example"),
		ask("extraHosts", `grep buoy /etc/hosts`, "10.1.2.3\tbuoy"),
		ask("ulimits", `ulimit -n; ulimit -Hn`, "77\n88"),
		ask("systemControls", `cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax`, "123\n4242"),
		ask("dockerLabels", aboutMe+` | grep -o '"example.colour":"[a-z]*"'`, `"example.colour":"blue"`),
		ask("runtimePlatform", `uname -s -m`, "Linux x86_64"),
		ask("closedInput", `cat; echo end`, "end"),
		ask("unprivileged", `mount -t tmpfs none /tmp 2>/dev/null || echo refused; grep -c . /proc/timer_list 2>/dev/null || true`, "refused\n0"),
		ask("listening", `for n in 81 82 9000 9001 9002 9003; do nc -ll -p $n -e echo port $n >/dev/null 2>&1 </dev/null & done; echo yes`, "yes"),
	}}
}

// swappiness is what only the first version of control groups knows.
func swappiness() *int32 {
	if _, err := os.Stat("/sys/fs/cgroup/memory/memory.swappiness"); err != nil {
		return nil
	}
	return aws.Int32(17)
}

func confined() subject {
	return subject{"confined", func(c *types.ContainerDefinition) {
		c.User, c.ReadonlyRootFilesystem, c.DockerSecurityOptions = aws.String("1000:1001"), aws.Bool(true), []string{"no-new-privileges"}
		c.LinuxParameters = &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Drop: []string{"ALL"}}}
	}, []question{
		ask("user", `id -u; id -g`, "1000\n1001"),
		ask("readonlyRootFilesystem", `touch /x 2>&1 | grep -o 'Read-only file system'`, "Read-only file system"),
		ask("dockerSecurityOptions", `grep NoNewPrivs /proc/self/status`, "NoNewPrivs:\t1"),
		ask("capabilitiesDropped", `grep CapBnd /proc/self/status`, "CapBnd:\t0000000000000000"),
	}}
}

func equipped() subject {
	return subject{"equipped", func(c *types.ContainerDefinition) {
		c.LinuxParameters = &types.LinuxParameters{
			Capabilities: &types.KernelCapabilities{Add: []string{"NET_ADMIN"}, Drop: []string{"ALL"}}, InitProcessEnabled: aws.Bool(true),
			Devices: []types.Device{{HostPath: aws.String("/dev/zero"), ContainerPath: aws.String("/dev/nought")},
				{HostPath: aws.String("/dev/loop-control"), Permissions: []types.DeviceCgroupPermission{types.DeviceCgroupPermissionRead}}},
			Tmpfs:            []types.Tmpfs{{ContainerPath: aws.String("/scratch"), Size: 2, MountOptions: []string{"mode=1750", "noexec"}}},
			SharedMemorySize: aws.Int32(3), MaxSwap: aws.Int32(8), Swappiness: swappiness(),
		}
	}, []question{
		ask("capabilities", `grep CapEff /proc/self/status`, "CapEff:\t0000000000001000"),
		ask("initProcessEnabled", `tr '\0' ' ' </proc/1/cmdline | head -n 1 | cut -d' ' -f1-3`, "/sbin/roadstead-init -- sh"),
		ask("devices", `dd if=/dev/nought bs=1 count=3 2>/dev/null | wc -c; test -c /dev/loop-control && echo there; (: < /dev/loop-control) && echo read; (: > /dev/loop-control) 2>/dev/null || echo not written`, "3\nthere\nread\nnot written"),
		ask("tmpfs", `grep ' /scratch ' /proc/mounts | grep -o 'noexec\|size=[0-9]*k\|mode=[0-9]*' | tr '\n' ' '`, "noexec size=2048k mode=1750"),
		ask("sharedMemorySize", `grep ' /dev/shm ' /proc/mounts | grep -o 'size=[0-9]*k'`, "size=3072k"),
		ask("swappiness", `cat /sys/fs/cgroup/memory/memory.swappiness 2>/dev/null || echo 17`, "17"),
		ask("maxSwap", `cat /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.swap.max`, "25165824", "8388608"),
	}}
}

func privileged() subject {
	return subject{"privileged", func(c *types.ContainerDefinition) { c.Privileged = aws.Bool(true) }, []question{
		ask("privileged", `mount -t tmpfs none /mnt 2>/dev/null || { mkdir -p /m; mount -t tmpfs none /m; }; echo $?; grep Seccomp: /proc/self/status; test -b /dev/loop0 && echo devices`, "0\nSeccomp:\t0\ndevices"),
	}}
}

func terminal() subject {
	return subject{"terminal", func(c *types.ContainerDefinition) { c.PseudoTerminal = aws.Bool(true) }, []question{
		ask("pseudoTerminal", `test -t 0 && echo $TERM`, "xterm"),
	}}
}

func interactive() subject {
	return subject{"interactive", func(c *types.ContainerDefinition) { c.Interactive = aws.Bool(true) }, []question{
		ask("interactive", `test -t 0 || echo no terminal; { timeout 1 cat; } 2>/dev/null; test $? -ge 124 && echo still open`, "no terminal\nstill open"),
	}}
}

func neighbour() subject {
	return subject{"neighbour", func(c *types.ContainerDefinition) { c.Links = []string{"plain:dock"} }, []question{
		ask("links", `until nc -w 2 $(grep '	dock$' /etc/hosts | cut -f1) 81 </dev/null 2>/dev/null; do usleep 100000; done`, "port 81"),
	}}
}

func mountOf(volume, path string, readOnly bool) types.MountPoint {
	return types.MountPoint{SourceVolume: aws.String(volume), ContainerPath: aws.String(path), ReadOnly: aws.Bool(readOnly)}
}

func lender() subject {
	return subject{"lender", func(c *types.ContainerDefinition) {
		c.MountPoints = append(c.MountPoints, mountOf("bind", "/bind", false), mountOf("bind", "/looked", true), mountOf("scratch", "/scratch", false),
			mountOf("own", "/own", false), mountOf("common", "/common", false), mountOf("ram", "/ram", false))
	}, []question{
		ask("hostVolume", `cat /bind/file; echo inside > /bind/made; cat /looked/made`, "of the host\ninside"),
		ask("mountReadOnly", `touch /looked/x 2>&1 | grep -o 'Read-only file system'`, "Read-only file system"),
		ask("driverOpts", `grep ' /ram ' /proc/mounts | grep -o '^tmpfs\|noexec\|size=[0-9]*k\|mode=[0-9]*' | tr '\n' ' '`, "tmpfs noexec size=1024k mode=1770"),
		ask("taskVolumes", `echo scratch > /scratch/made; echo own > /own/made; echo common > /common/made; cat /scratch/made /own/made`, "scratch\nown"),
	}}
}

func borrower() subject {
	return subject{"borrower", func(c *types.ContainerDefinition) {
		c.MountPoints = append(c.MountPoints, mountOf("own", "/mine", false), mountOf("common", "/ours", false))
		c.VolumesFrom = []types.VolumeFrom{{SourceContainer: aws.String("lender"), ReadOnly: aws.Bool(true)}}
		c.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("lender"), Condition: types.ContainerConditionStart}}
	}, []question{
		ask("volumesFrom", `until test -s /scratch/made; do usleep 50000; done; cat /scratch/made; touch /scratch/x 2>&1 | grep -o 'Read-only file system'`, "scratch\nRead-only file system"),
		ask("sharedVolumes", `until test -s /common/made; do usleep 50000; done; cat /mine/made /ours/made`, "own\ncommon"),
	}}
}

// freePort is a port that nobody has just now, below the dynamic ones.
func freePort() int32 {
	for port := int32(20_000); port < 30_000; port += 7 {
		if l, err := net.Listen("tcp", fmt.Sprintf(":%d", port)); err == nil {
			_ = l.Close() // it is a container's to have
			return port
		}
	}
	return 0
}
