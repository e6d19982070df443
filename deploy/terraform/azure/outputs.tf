output "client_id" {
  description = "Of the identity that is made: what the controller logs in as (`AZURE_CLIENT_ID`); null without `identity`."
  value       = one(azurerm_user_assigned_identity.controller[*].client_id)
}

output "service_account_annotations" {
  description = "For the controller's service account: by it the workload identity webhook tells the controller who it is. Empty without `identity`."
  value       = { for identity in azurerm_user_assigned_identity.controller : "azure.workload.identity/client-id" => identity.client_id }
}

output "role_definition_ids" {
  description = "Of the custom roles, by what they are for."
  value       = { for name, role in azurerm_role_definition.controller : name => role.role_definition_resource_id }
}

output "cluster_tag" {
  description = "For `tags` of the route tables that are to know the pods: by it the controller finds them. AzureRM has no resource for a single tag."
  value       = { "kubernetes.io_cluster_${var.cluster_name}" = "shared" }
}
