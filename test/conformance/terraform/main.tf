# What the provider makes on the platform, and changes in place: the variables
# below are the changes that terraform_test.go makes one after another.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "changed" {
  type    = bool
  default = false
}

variable "image" {
  type = string
}

provider "aws" {
  default_tags {
    tags = {
      fleet = var.changed ? "second" : "first"
    }
  }
}

data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/terraform/web"
  retention_in_days = var.changed ? 14 : 7
  tags              = { part = "logs" }
}

resource "aws_cloudwatch_log_group" "kept" {
  name              = "/terraform/kept"
  retention_in_days = var.changed ? 0 : 3
}

resource "aws_ecr_repository" "web" {
  name                 = "terraform/web"
  image_tag_mutability = var.changed ? "IMMUTABLE" : "MUTABLE"
  force_delete         = true
  image_scanning_configuration {
    scan_on_push = !var.changed
  }
  tags = { part = var.changed ? "images and more" : "images" }
}

resource "aws_ecr_registry_scanning_configuration" "all" {
  scan_type = "BASIC"
  rule {
    scan_frequency = "SCAN_ON_PUSH"
    repository_filter {
      filter      = var.changed ? "terraform/*" : "web"
      filter_type = "WILDCARD"
    }
  }
}

resource "aws_ecr_lifecycle_policy" "web" {
  repository = aws_ecr_repository.web.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "keep the newest"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.changed ? 5 : 10 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecr_repository_policy" "web" {
  repository = aws_ecr_repository.web.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "pull"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = var.changed ? ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] : ["ecr:BatchGetImage"]
      }, {
      Sid       = "pull" # ids need not differ here, other than in IAM's policies
      Effect    = "Allow"
      Principal = { Service = "codebuild.amazonaws.com" }
      Action    = "ecr:BatchGetImage"
    }]
  })
}

resource "aws_ecs_cluster" "harbour" {
  name = "terraform"
  setting {
    name  = "containerInsights"
    value = var.changed ? "enabled" : "disabled"
  }
}

# Services run where there are instances: in the cluster that the platform has.
data "aws_ecs_cluster" "default" {
  cluster_name = "default"
}

resource "aws_ecs_task_definition" "web" {
  family                   = "terraform-web"
  network_mode             = "bridge"
  requires_compatibilities = ["EC2"]
  cpu                      = var.changed ? "256" : "128"
  memory                   = "32"
  container_definitions = jsonencode([{
    name         = "web"
    image        = var.image
    cpu          = 16
    memory       = 24
    essential    = true
    command      = ["sh", "-c", "sleep 600"]
    stopTimeout  = 2
    environment  = [{ name = "CHANGED", value = tostring(var.changed) }, { name = "A", value = "b" }]
    portMappings = [{ containerPort = 80 }]
    mountPoints  = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.web.name
        awslogs-region        = data.aws_region.here.name
        awslogs-stream-prefix = "web"
      }
    }
  }])
  volume {
    name = "data"
  }
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:ecs.os-type == linux"
  }
  tags = { part = "definition" }
}

resource "aws_ecs_service" "web" {
  name                               = "terraform-web"
  cluster                            = data.aws_ecs_cluster.default.arn
  task_definition                    = aws_ecs_task_definition.web.arn
  desired_count                      = var.changed ? 2 : 1
  wait_for_steady_state              = true
  launch_type                        = "EC2"
  deployment_minimum_healthy_percent = var.changed ? 0 : 50
  deployment_maximum_percent         = 200
  propagate_tags                     = "SERVICE"
  enable_ecs_managed_tags            = true
  deployment_circuit_breaker {
    enable   = true
    rollback = var.changed
  }
  ordered_placement_strategy {
    type  = "spread"
    field = "instanceId"
  }
  tags = { part = var.changed ? "service and more" : "service" }
}

resource "aws_ecs_service" "plain" {
  name            = "terraform-plain"
  cluster         = aws_ecs_cluster.harbour.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 0
}

resource "aws_ecs_service" "daemon" {
  name                = "terraform-daemon"
  cluster             = aws_ecs_cluster.harbour.id
  task_definition     = aws_ecs_task_definition.web.arn
  scheduling_strategy = "DAEMON"
}

data "aws_ecs_service" "web" {
  service_name = aws_ecs_service.web.name
  cluster_arn  = data.aws_ecs_cluster.default.arn
}

data "aws_ecs_task_definition" "web" {
  task_definition = aws_ecs_task_definition.web.family
  depends_on      = [aws_ecs_task_definition.web]
}

data "aws_ecr_authorization_token" "token" {}

output "revision" {
  value = data.aws_ecs_task_definition.web.revision
}

output "proxy" {
  value = data.aws_ecr_authorization_token.token.proxy_endpoint
}
