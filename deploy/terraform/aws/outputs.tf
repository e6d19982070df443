output "role_arn" {
  description = "Of the role that the service account assumes; null without `oidc`."
  value       = one(aws_iam_role.controller[*].arn)
}

output "service_account_annotations" {
  description = "For the controller's service account: by it EKS's webhook gives the role to the controller. Empty without `oidc`."
  value       = { for role in aws_iam_role.controller : "eks.amazonaws.com/role-arn" => role.arn }
}

output "policy_arns" {
  description = "Of the policies, by what they are for: to attach them to a role of your own."
  value       = { for name, policy in aws_iam_policy.controller : name => policy.arn }
}

output "cluster_tag" {
  description = "For `tags` of route tables that are not in `route_tables`."
  value       = { (local.cluster_tag) = "shared" }
}
