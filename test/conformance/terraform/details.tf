# Parts of a definition and of a service that clients write out in full, empty
# lists and defaults too: none of them may show up in a second plan.

resource "aws_ecs_task_definition" "full" {
  family             = "terraform-full"
  network_mode       = "host"
  task_role_arn      = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/task"
  execution_role_arn = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/execution"
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
  volume {
    name      = "host"
    host_path = "/tmp"
  }
  container_definitions = jsonencode([
    {
      name              = "main"
      image             = "main:1"
      memoryReservation = 8
      portMappings      = [{ containerPort = 8099, hostPort = 8099, protocol = "tcp", name = "web", appProtocol = "http" }]
      healthCheck       = { command = ["CMD-SHELL", "true"] }
      linuxParameters = {
        initProcessEnabled = true
        capabilities       = { add = ["SYS_PTRACE"], drop = [] }
        tmpfs              = [{ containerPath = "/scratch", size = 1, mountOptions = ["rw"] }]
      }
      ulimits                = [{ name = "nofile", softLimit = 100, hardLimit = 100 }]
      systemControls         = []
      secrets                = []
      environmentFiles       = []
      mountPoints            = []
      volumesFrom            = []
      dependsOn              = [{ containerName = "side", condition = "START" }]
      dockerLabels           = { a = "b" }
      startTimeout           = 10
      privileged             = false
      readonlyRootFilesystem = false
      interactive            = false
    },
    { name = "side", image = "side:1", memory = 8, cpu = 0, essential = false, command = ["true"] },
  ])
}

resource "aws_ecs_service" "full" {
  name                              = "terraform-full"
  cluster                           = aws_ecs_cluster.harbour.arn
  task_definition                   = "${aws_ecs_task_definition.full.family}:${aws_ecs_task_definition.full.revision}"
  desired_count                     = var.changed ? 0 : 1
  enable_execute_command            = false
  health_check_grace_period_seconds = var.changed ? 10 : 5
  availability_zone_rebalancing     = "DISABLED"
  propagate_tags                    = var.changed ? "TASK_DEFINITION" : "SERVICE"
  force_new_deployment              = true
  triggers                          = { changed = var.changed }
  deployment_controller {
    type = "ECS"
  }
  placement_constraints {
    type       = "memberOf"
    expression = var.changed ? "attribute:rack == two" : "attribute:rack == one"
  }
  dynamic "placement_constraints" {
    for_each = var.changed ? [] : [1]
    content {
      type = "distinctInstance"
    }
  }
  ordered_placement_strategy {
    type  = "binpack"
    field = var.changed ? "cpu" : "memory"
  }
}

resource "aws_cloudwatch_log_stream" "web" {
  name           = "stream"
  log_group_name = aws_cloudwatch_log_group.web.name
}

data "aws_cloudwatch_log_groups" "all" {
  log_group_name_prefix = "/terraform/"
  depends_on            = [aws_cloudwatch_log_group.web]
}

data "aws_ecr_repository" "web" {
  name = aws_ecr_repository.web.name
}

data "aws_ecr_image" "busybox" {
  repository_name = "conformance/busybox"
  image_tag       = "latest"
}

output "digest" {
  value = data.aws_ecr_image.busybox.image_digest
}
