data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }
  statement {
    sid       = "Tasks"
    actions   = var.changed ? ["kms:Decrypt", "kms:DescribeKey"] : ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.execution.arn]
    }
  }
}

resource "aws_kms_key" "data" {
  description             = var.changed ? "For parameters and for secrets" : "For parameters"
  enable_key_rotation     = true
  rotation_period_in_days = var.changed ? 180 : 365
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
  tags                    = { part = var.changed ? "key and more" : "key" }
}

resource "aws_kms_key" "other" {
  description             = "Of no use when it is off"
  is_enabled              = !var.changed
  enable_key_rotation     = !var.changed
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "data" {
  name          = "alias/terraform/data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_alias" "moves" {
  name_prefix   = "alias/terraform/moves-"
  target_key_id = var.changed ? aws_kms_key.data.arn : aws_kms_key.other.arn
}

resource "aws_kms_grant" "tasks" {
  name              = "tasks"
  key_id            = aws_kms_key.data.key_id
  grantee_principal = aws_iam_role.task.arn
  operations        = ["Decrypt", "GenerateDataKey"]
  constraints {
    encryption_context_equals = { part = "tasks" }
  }
}

resource "aws_kms_ciphertext" "word" {
  key_id    = aws_kms_key.data.key_id
  plaintext = "harbour"
  context   = { part = "words" }
}

data "aws_kms_key" "data" {
  key_id     = aws_kms_alias.data.name
  depends_on = [aws_kms_key.data]
}

data "aws_kms_alias" "data" {
  name = aws_kms_alias.data.name
}

data "aws_kms_secrets" "word" {
  secret {
    name    = "word"
    payload = aws_kms_ciphertext.word.ciphertext_blob
    context = { part = "words" }
  }
}

resource "aws_ssm_parameter" "text" {
  name            = "/terraform/app/text"
  type            = "String"
  value           = var.changed ? "second" : "first"
  description     = var.changed ? "Text, changed" : "Text"
  allowed_pattern = "^[a-z]+$"
  tags            = { part = var.changed ? "parameter and more" : "parameter" }
}

resource "aws_ssm_parameter" "list" {
  name  = "/terraform/app/list"
  type  = "StringList"
  value = var.changed ? "a,b,c" : "a,b"
  tier  = var.changed ? "Advanced" : "Standard"
}

resource "aws_ssm_parameter" "sealed" {
  name   = "/terraform/app/sealed"
  type   = "SecureString"
  value  = var.changed ? "another word" : data.aws_kms_secrets.word.plaintext["word"]
  key_id = var.changed ? aws_kms_key.data.arn : null
}

# The provider does not name a key that stays: the parameter has to keep it.
resource "aws_ssm_parameter" "kept" {
  name   = "terraform-kept"
  type   = "SecureString"
  value  = var.changed ? "second" : "first"
  key_id = aws_kms_key.data.arn
}

resource "aws_ssm_parameter" "image" {
  name           = "terraform-image"
  type           = "String"
  insecure_value = "harbour:1"
  data_type      = "text"
}

data "aws_ssm_parameter" "sealed" {
  name       = aws_ssm_parameter.sealed.name
  depends_on = [aws_ssm_parameter.sealed]
}

data "aws_ssm_parameters_by_path" "app" {
  path       = "/terraform"
  recursive  = true
  depends_on = [aws_ssm_parameter.text, aws_ssm_parameter.list, aws_ssm_parameter.sealed]
  lifecycle {
    postcondition {
      condition     = length(self.names) == 3
      error_message = "Three parameters were made."
    }
  }
}

# A slash before a name without any other makes no difference.
data "aws_ssm_parameter" "image" {
  name = "/${aws_ssm_parameter.image.name}"
}

# Secrets are parameters too, by the stages and ids of their versions.
data "aws_ssm_parameter" "secret" {
  name       = "/aws/reference/secretsmanager/${aws_secretsmanager_secret.database.name}:AWSCURRENT"
  depends_on = [aws_secretsmanager_secret_version.database]
}

data "aws_ssm_parameter" "machine" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
}

data "aws_secretsmanager_random_password" "database" {
  password_length     = 40
  exclude_punctuation = true
  lifecycle {
    postcondition {
      condition     = can(regex("^[A-Za-z0-9]{40}$", self.random_password))
      error_message = "A password of 40 letters and digits was asked for."
    }
  }
}

resource "aws_secretsmanager_secret" "database" {
  name                    = "terraform/database"
  description             = var.changed ? "The database's password, changed" : "The database's password"
  kms_key_id              = var.changed ? aws_kms_key.data.arn : null
  recovery_window_in_days = 0
  tags                    = { part = var.changed ? "secret and more" : "secret" }
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ username = "harbour", password = var.changed ? "second" : "first" })
}

# It is another at every look: kept as it was made.
resource "aws_secretsmanager_secret_version" "random" {
  secret_id      = aws_secretsmanager_secret.random.id
  secret_string  = data.aws_secretsmanager_random_password.database.random_password
  version_stages = var.changed ? ["AWSCURRENT", "LIVE", "NEWEST"] : ["AWSCURRENT", "LIVE"]
  lifecycle {
    ignore_changes = [secret_string]
  }
}

resource "aws_secretsmanager_secret" "random" {
  name_prefix             = "terraform/random-"
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret" "binary" {
  name                    = "terraform/binary"
  recovery_window_in_days = 0
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "secretsmanager:GetSecretValue"
      Principal = { AWS = local.root }
      Resource  = "*"
    }]
  })
}

resource "aws_secretsmanager_secret_version" "binary" {
  secret_id     = aws_secretsmanager_secret.binary.id
  secret_binary = base64encode(var.changed ? "the tide" : "the ebb")
}

resource "aws_secretsmanager_secret_policy" "database" {
  secret_arn = aws_secretsmanager_secret.database.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Tasks"
      Effect    = "Allow"
      Action    = var.changed ? ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"] : ["secretsmanager:GetSecretValue"]
      Principal = { AWS = aws_iam_role.task.arn }
      Resource  = "*"
    }]
  })
}

data "aws_secretsmanager_secret" "database" {
  name       = aws_secretsmanager_secret.database.name
  depends_on = [aws_secretsmanager_secret_policy.database]
}

data "aws_secretsmanager_secret_version" "database" {
  secret_id  = aws_secretsmanager_secret.database.id
  depends_on = [aws_secretsmanager_secret_version.database]
}

data "aws_secretsmanager_secrets" "all" {
  filter {
    name   = "name"
    values = ["terraform/database"]
  }
  depends_on = [aws_secretsmanager_secret.database]
}

output "word" {
  value     = data.aws_kms_secrets.word.plaintext["word"]
  sensitive = true
}
