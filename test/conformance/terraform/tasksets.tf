# A service whose deployments Terraform controls by task sets, and services
# with all that a rollout can be told.

# A task set cannot change its definition: this one stays.
resource "aws_ecs_task_definition" "steady" {
  family                = "terraform-steady"
  container_definitions = jsonencode([{ name = "web", image = var.image, memory = 24, stopTimeout = 2, command = ["sh", "-c", "sleep 600"] }])
}

resource "aws_ecs_service" "outside" {
  name          = "terraform-outside"
  cluster       = data.aws_ecs_cluster.default.arn
  desired_count = 2
  deployment_controller {
    type = "EXTERNAL"
  }
}

resource "aws_ecs_task_set" "blue" {
  service           = aws_ecs_service.outside.id
  cluster           = data.aws_ecs_cluster.default.arn
  task_definition   = aws_ecs_task_definition.steady.arn
  external_id       = "blue"
  launch_type       = "EC2"
  force_delete      = true
  wait_until_stable = true
  scale {
    unit  = "PERCENT"
    value = var.changed ? 100 : 50
  }
  tags = { part = var.changed ? "task set and more" : "task set" }
}

resource "aws_ecs_task_set" "idle" {
  service         = aws_ecs_service.outside.id
  cluster         = data.aws_ecs_cluster.default.arn
  task_definition = aws_ecs_task_definition.steady.arn
}

resource "aws_ecs_service" "careful" {
  name                          = "terraform-careful"
  cluster                       = aws_ecs_cluster.harbour.id
  task_definition               = aws_ecs_task_definition.web.arn
  desired_count                 = 0
  availability_zone_rebalancing = var.changed ? "DISABLED" : "ENABLED"
  alarms {
    alarm_names = var.changed ? ["errors", "latency"] : ["errors"]
    enable      = false
    rollback    = true
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  ordered_placement_strategy {
    type  = "spread"
    field = "attribute:ecs.availability-zone"
  }
}
