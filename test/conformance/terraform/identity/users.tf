# The provider tags a user by its new name before it renames it, so what is
# renamed has no tags that change.
provider "aws" {
  alias = "plain"
}

resource "aws_iam_user" "renamed" {
  provider             = aws.plain
  name                 = var.changed ? "terraform-releaser" : "terraform-deployer"
  path                 = var.changed ? "/people/terraform/" : "/terraform/"
  permissions_boundary = var.changed ? null : aws_iam_policy.boundary.arn
  tags                 = { part = "user" }
}

resource "aws_iam_user" "reader" {
  name = "terraform-reader"
}

# What others hang on a user goes with it.
resource "aws_iam_user" "forced" {
  name          = "terraform-forced"
  force_destroy = true
}

resource "aws_iam_access_key" "forced" {
  user = aws_iam_user.forced.name
}

# An account of its own, which is closed at the end.
resource "aws_organizations_account" "member" {
  name              = "terraform-member"
  email             = "terraform-member@example.com"
  close_on_deletion = true
  tags              = { part = var.changed ? "account and more" : "account" }
}

resource "aws_iam_access_key" "reader" {
  user   = aws_iam_user.reader.name
  status = var.changed ? "Inactive" : "Active"
}

resource "aws_iam_user_policy" "self" {
  name_prefix = "self-"
  user        = aws_iam_user.reader.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.changed ? ["iam:GetUser", "iam:ListAccessKeys"] : ["iam:GetUser"]
      Resource = "arn:aws:iam::*:user/$${aws:username}"
    }]
  })
}

resource "aws_iam_user_policy_attachment" "read" {
  user       = aws_iam_user.reader.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_group" "operators" {
  name = "terraform-operators"
  path = var.changed ? "/people/terraform/" : "/terraform/"
}

resource "aws_iam_group_policy" "logs" {
  name  = "logs"
  group = aws_iam_group.operators.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["logs:Get*", "logs:Describe*"], Resource = "*" }]
  })
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.operators.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_group_membership" "operators" {
  name  = "operators"
  group = aws_iam_group.operators.name
  users = var.changed ? [aws_iam_user.reader.name, aws_iam_user.renamed.name] : [aws_iam_user.reader.name]
}

resource "aws_iam_group" "auditors" {
  name = var.changed ? "terraform-witnesses" : "terraform-auditors"
}

resource "aws_iam_user_group_membership" "reader" {
  user   = aws_iam_user.reader.name
  groups = [aws_iam_group.auditors.name]
}

data "aws_iam_user" "reader" {
  user_name = aws_iam_user.reader.name
}

data "aws_iam_group" "auditors" {
  group_name = aws_iam_group.auditors.name
  depends_on = [aws_iam_user_group_membership.reader]
}

data "aws_iam_access_keys" "reader" {
  user       = aws_iam_user.reader.name
  depends_on = [aws_iam_access_key.reader]
}

data "aws_iam_users" "all" {
  name_regex = "terraform-reader"
  depends_on = [aws_iam_user.reader]
}
