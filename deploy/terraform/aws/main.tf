locals {
  name        = coalesce(var.name, "podway-${var.cluster_name}")
  cluster_tag = "kubernetes.io/cluster/${var.cluster_name}"

  # What the controller may do is said in one place. A test holds these files against the calls that it makes.
  policy_files = merge(
    { routes = "aws-controller-policy.json" },
    var.ipv6_prefix ? { ipv6-prefix = "aws-ipv6-prefix-policy.json" } : {},
    var.doctor ? { doctor = "aws-doctor-policy.json" } : {},
  )
  policies = {
    for name, file in local.policy_files : name => replace(
      replace(file("${path.module}/../../iam/${file}"), "CLUSTER_NAME", var.cluster_name),
      "VPC_ID", var.vpc_id,
    )
  }
}

resource "aws_iam_policy" "controller" {
  for_each = local.policies

  name        = "${local.name}-${each.key}"
  description = "podway in cluster ${var.cluster_name}: ${each.key}"
  policy      = each.value
  tags        = var.tags
}

# For a controller with an identity of its own.

resource "aws_iam_role" "controller" {
  count = var.oidc == null ? 0 : 1

  name                 = local.name
  description          = "The podway controller of cluster ${var.cluster_name}"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = var.oidc.provider_arn }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = "system:serviceaccount:${var.service_account.namespace}:${var.service_account.name}"
        }
      }
    }]
  })
}

locals {
  # The issuer without https://, which is how the provider's ARN ends.
  issuer = var.oidc == null ? "" : element(split(":oidc-provider/", var.oidc.provider_arn), 1)
}

resource "aws_iam_role_policy_attachment" "controller" {
  for_each = var.oidc == null ? {} : local.policies

  role       = aws_iam_role.controller[0].name
  policy_arn = aws_iam_policy.controller[each.key].arn
}

# For one that runs as its instance.

resource "aws_iam_role_policy_attachment" "node" {
  for_each = var.node_role == null ? {} : local.policies

  role       = var.node_role.name
  policy_arn = aws_iam_policy.controller[each.key].arn
}

# By this tag the controller finds its tables, and by it the policy lets it write them.

resource "aws_ec2_tag" "route_table" {
  for_each = var.route_tables

  resource_id = each.value
  key         = local.cluster_tag
  value       = "shared"
}
