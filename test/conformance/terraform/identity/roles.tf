data "aws_iam_policy_document" "tasks" {
  statement {
    sid     = "Tasks"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
  dynamic "statement" {
    for_each = var.changed ? ["people"] : []
    content {
      actions = ["sts:AssumeRole", "sts:TagSession"]
      principals {
        type        = "AWS"
        identifiers = [local.root]
      }
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Parameters"
    actions   = var.changed ? ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"] : ["ssm:GetParameter", "ssm:GetParameters"]
    resources = ["arn:aws:ssm:${data.aws_region.here.name}:${local.account}:parameter/terraform/*"]
  }
  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.data.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ssm.${data.aws_region.here.name}.amazonaws.com"]
    }
  }
  statement {
    sid       = "NotThese"
    effect    = "Deny"
    actions   = ["iam:*", "sts:AssumeRole"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read" {
  name        = "terraform-read"
  path        = "/terraform/"
  description = "What tasks read when they start"
  policy      = data.aws_iam_policy_document.read.json
  tags        = { part = var.changed ? "policy and more" : "policy" }
}

# No more than this, whatever else is attached.
resource "aws_iam_policy" "boundary" {
  name = "terraform-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ssm:*", "secretsmanager:*", "kms:*", "logs:*", "s3:GetObject"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "task" {
  name                 = "terraform-task"
  path                 = "/terraform/"
  description          = var.changed ? "The role of tasks, and of people" : "The role of tasks"
  assume_role_policy   = data.aws_iam_policy_document.tasks.json
  max_session_duration = var.changed ? 7200 : 3600
  permissions_boundary = var.changed ? aws_iam_policy.boundary.arn : null
  tags                 = { part = "role", gone = var.changed ? null : "soon" }
}

resource "aws_iam_role_policy" "objects" {
  name = "objects"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.changed ? ["s3:GetObject", "s3:ListBucket"] : ["s3:GetObject"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.task.name
  policy_arn = aws_iam_policy.read.arn
}

data "aws_iam_policy" "execution" {
  name = "AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role" "execution" {
  name_prefix           = "terraform-execution-"
  force_detach_policies = true
  permissions_boundary  = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"] }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = data.aws_iam_policy.execution.arn
}

resource "aws_iam_role_policies_exclusive" "task" {
  role_name    = aws_iam_role.task.name
  policy_names = [aws_iam_role_policy.objects.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "task" {
  role_name   = aws_iam_role.task.name
  policy_arns = [aws_iam_role_policy_attachment.read.policy_arn]
}

resource "aws_iam_instance_profile" "instance" {
  name = "terraform-instance"
  role = var.changed ? aws_iam_role.task.name : aws_iam_role.execution.name
  tags = { part = "profile" }
}

resource "aws_iam_service_linked_role" "ecs" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "terraform"
  description      = var.changed ? "Made by Terraform, and changed" : "Made by Terraform"
}

resource "aws_iam_openid_connect_provider" "builds" {
  url             = "https://token.actions.example.com"
  client_id_list  = var.changed ? ["sts.amazonaws.com", "deploy"] : ["sts.amazonaws.com"]
  thumbprint_list = [var.changed ? "990f4193972f2becf12ddeda5237f9c952f20d9e" : "6938fd4d98bab03faadb97b34396831e3780aea1"]
  tags            = { part = "provider" }
}

resource "aws_iam_role" "builds" {
  name = "terraform-builds"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.builds.arn }
      Condition = { StringEquals = { "token.actions.example.com:aud" = "sts.amazonaws.com" } }
    }]
  })
}

data "aws_iam_role" "task" {
  name = aws_iam_role.task.name
}

data "aws_iam_roles" "all" {
  path_prefix = "/terraform/"
  depends_on  = [aws_iam_role.task]
}

data "aws_iam_instance_profile" "instance" {
  name = aws_iam_instance_profile.instance.name
}

data "aws_iam_openid_connect_provider" "builds" {
  arn = aws_iam_openid_connect_provider.builds.arn
}

data "aws_iam_principal_policy_simulation" "task" {
  policy_source_arn = aws_iam_role.task.arn
  action_names      = ["s3:GetObject"]
  depends_on        = [aws_iam_role_policy.objects]
  lifecycle {
    postcondition {
      condition     = self.all_allowed
      error_message = "The task's role may not read objects."
    }
  }
}
