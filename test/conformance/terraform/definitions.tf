# Task definitions with what they can say, runnable here or not: a plan after
# they were registered must be empty.

resource "aws_ecs_task_definition" "fargate" {
  family                   = "fargate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::000000000000:role/r"
  task_role_arn            = "arn:aws:iam::000000000000:role/r"
  track_latest             = true
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }
  ephemeral_storage { size_in_gib = 30 }
  volume {
    name = "efs"
    efs_volume_configuration {
      file_system_id     = "fs-12345678"
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = "fsap-1"
        iam             = "ENABLED"
      }
    }
  }
  volume { name = "scratch" }
  volume {
    name                = "ebs"
    configure_at_launch = true
  }
  container_definitions = jsonencode([
    { name             = "web", image = "nginx:1", essential = true,
      portMappings     = [{ containerPort = 80, name = "http", appProtocol = "http" }, { containerPort = 443, hostPort = 443, protocol = "tcp" }],
      environment      = [{ name = "B", value = "2" }, { name = "A", value = "1" }],
      secrets          = [{ name = "S", valueFrom = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf" }, { name = "P", valueFrom = "/p" }],
      environmentFiles = [{ type = "s3", value = "arn:aws:s3:::b/a.env" }],
      logConfiguration = { logDriver = "awslogs", options = { "awslogs-group" = "/g", "awslogs-region" = "us-east-1", "awslogs-stream-prefix" = "web" } },
      healthCheck      = { command = ["CMD-SHELL", "true"] },
      restartPolicy    = { enabled = true, ignoredExitCodes = [0] },
      ulimits          = [{ name = "nofile", softLimit = 1024, hardLimit = 2048 }],
      linuxParameters  = { initProcessEnabled = true, capabilities = { add = ["SYS_PTRACE"], drop = [] } },
      mountPoints      = [{ sourceVolume = "efs", containerPath = "/e" }, { sourceVolume = "scratch", containerPath = "/s", readOnly = false }, { sourceVolume = "ebs", containerPath = "/b" }],
    dependsOn = [{ containerName = "init", condition = "SUCCESS" }], systemControls = [], volumesFrom = [], stopTimeout = 120, versionConsistency = "disabled" },
    { name = "init", image = "busybox", essential = false, command = ["true"] },
    { name = "router", image = "fluent-bit", essential = true, firelensConfiguration = { type = "fluentbit", options = { "enable-ecs-log-metadata" = "true" } }, user = "0" },
    { name = "routed", image = "x", logConfiguration = { logDriver = "awsfirelens", options = { Name = "null" }, secretOptions = [{ name = "apikey", valueFrom = "k" }] } },
  ])
}
resource "aws_ecs_task_definition" "bridge" {
  family   = "bridge"
  pid_mode = "task"
  ipc_mode = "host"
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:a == b"
  }
  volume {
    name = "docker"
    docker_volume_configuration {
      scope         = "shared"
      autoprovision = true
      driver        = "local"
      driver_opts   = { type = "tmpfs" }
      labels        = { a = "b" }
    }
  }
  volume {
    name = "plain"
    docker_volume_configuration {
      autoprovision = false
    }
  }
  volume {
    name      = "host"
    host_path = "/srv"
  }
  container_definitions = jsonencode([{ name = "web", image = "nginx", memoryReservation = 64, cpu = 10, privileged = true, disableNetworking = true,
    links          = ["db"], hostname = "web", dnsServers = ["10.0.0.2"], dnsSearchDomains = ["a.b"], extraHosts = [{ hostname = "h", ipAddress = "10.0.0.1" }],
    portMappings   = [{ containerPort = 80 }, { containerPort = 53, hostPort = 0, protocol = "udp" }, { containerPortRange = "8000-8010" }],
    dockerLabels   = { a = "b" }, dockerSecurityOptions = ["no-new-privileges", "label:level:s0"], resourceRequirements = [{ type = "GPU", value = "1" }],
    systemControls = [{ namespace = "net.core.somaxconn", value = "1" }], readonlyRootFilesystem = true, interactive = true, pseudoTerminal = true, workingDirectory = "/",
    mountPoints = [{ sourceVolume = "docker", containerPath = "/d" }, { sourceVolume = "host", containerPath = "/h", readOnly = true }] },
  { name = "db", image = "db", memory = 64 }])
}
resource "aws_ecs_task_definition" "mesh" {
  family                 = "mesh"
  network_mode           = "awsvpc"
  enable_fault_injection = true
  proxy_configuration {
    container_name = "envoy"
    properties     = { ProxyIngressPort = "1", ProxyEgressPort = "2", AppPorts = "3", IgnoredUID = "4" }
  }
  container_definitions = jsonencode([{ name = "envoy", image = "e", memory = 64 }])
}
