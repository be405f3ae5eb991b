# Who may do what, and what only they may read: roles, users, policies, keys,
# parameters and secrets. The variable is the change that terraform_test.go
# makes in place.

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

provider "aws" {
  default_tags {
    tags = {
      fleet = var.changed ? "second" : "first"
    }
  }
}

data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

data "aws_region" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id
  root    = "arn:${data.aws_partition.here.partition}:iam::${local.account}:root"
}

# The role that the provider speaks as may be asked for by its session's ARN.
data "aws_iam_session_context" "me" {
  arn = data.aws_caller_identity.me.arn
}

output "account" {
  value = local.account
}
