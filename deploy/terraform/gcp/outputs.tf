output "service_account_email" {
  description = "Whom the controller acts as."
  value       = local.email
}

output "service_account_annotations" {
  description = "For the controller's Kubernetes service account: by it GKE's metadata server gives tokens of the service account to the controller. Empty without `workload_identity_pool`."
  value       = var.workload_identity_pool == null ? {} : { "iam.gke.io/gcp-service-account" = local.email }
}

output "roles" {
  description = "The names of the custom roles, by project and purpose."
  value       = { for name, role in google_project_iam_custom_role.controller : name => role.name }
}
