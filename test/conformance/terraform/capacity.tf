# A cluster with capacity providers of its own, and what is placed on them. No
# machine stands behind the group: tasks wait for one.

resource "aws_ecs_cluster" "fleet" {
  name = "terraform-fleet"
  configuration {
    execute_command_configuration {
      logging = "NONE"
    }
  }
  tags = { part = var.changed ? "cluster and more" : "cluster" }
}

resource "aws_ecs_capacity_provider" "group" {
  name = "terraform-group"
  auto_scaling_group_provider {
    auto_scaling_group_arn         = "arn:aws:autoscaling:${data.aws_region.here.name}:${data.aws_caller_identity.me.account_id}:autoScalingGroup:12345678-1234-1234-1234-123456789012:autoScalingGroupName/harbour"
    managed_termination_protection = var.changed ? "ENABLED" : "DISABLED"
    managed_draining               = "ENABLED"
    managed_scaling {
      status                    = "ENABLED"
      target_capacity           = var.changed ? 90 : 100
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = var.changed ? 20 : 10
      instance_warmup_period    = 60
    }
  }
  tags = { part = var.changed ? "provider and more" : "provider" }
}

resource "aws_ecs_capacity_provider" "plain" {
  name = "terraform-plain"
  auto_scaling_group_provider {
    auto_scaling_group_arn = "arn:aws:autoscaling:${data.aws_region.here.name}:${data.aws_caller_identity.me.account_id}:autoScalingGroup:12345678-1234-1234-1234-123456789012:autoScalingGroupName/plain"
  }
}

resource "aws_ecs_cluster_capacity_providers" "fleet" {
  cluster_name       = aws_ecs_cluster.fleet.name
  capacity_providers = concat(["FARGATE", aws_ecs_capacity_provider.group.name], var.changed ? [aws_ecs_capacity_provider.plain.name] : [])
  default_capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.group.name
    base              = 1
    weight            = var.changed ? 50 : 100
  }
}

resource "aws_ecs_service" "strategic" {
  name            = "terraform-strategic"
  cluster         = aws_ecs_cluster.fleet.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = var.changed ? 1 : 2
  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.group.name
    base              = 1
    weight            = 1
  }
  depends_on = [aws_ecs_cluster_capacity_providers.fleet]
}

# Nobody can go back to short ARNs, which the provider knows: destroying this
# leaves it as it is.
resource "aws_ecs_account_setting_default" "arns" {
  name  = "serviceLongArnFormat"
  value = "enabled"
}

resource "aws_ecs_account_setting_default" "retirement" {
  name  = "fargateTaskRetirementWaitPeriod"
  value = var.changed ? "14" : "0"
}

resource "aws_ecs_tag" "default" {
  resource_arn = data.aws_ecs_cluster.default.arn
  key          = "terraform"
  value        = var.changed ? "second" : "first"
}

data "aws_ecs_clusters" "all" {
  depends_on = [aws_ecs_cluster.fleet]
}

output "clusters" {
  value = contains(data.aws_ecs_clusters.all.cluster_arns, aws_ecs_cluster.fleet.arn)
}
