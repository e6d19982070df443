locals {
  # What the controller may do is said in one place. A test holds these files against the calls that it makes.
  role_files = merge(
    { Controller = "gcp-controller-role.yaml" },
    var.alias_ip ? { AliasIp = "gcp-alias-ip-role.yaml" } : {},
    var.doctor ? { Doctor = "gcp-doctor-role.yaml" } : {},
  )
  roles = { for name, file in local.role_files : name => yamldecode(file("${path.module}/../../iam/${file}")) }

  # Keys that are known before the projects are.
  projects = merge(
    { nodes = var.project_id },
    var.network_project_id == null ? {} : { network = var.network_project_id },
  )
  grants = {
    for pair in setproduct(keys(local.projects), keys(local.roles)) : join("/", pair) => {
      project = local.projects[pair[0]]
      name    = pair[1]
      role    = local.roles[pair[1]]
    }
  }

  # An id of a deleted role can't be used again for weeks, so it says the cluster.
  role_suffix = replace(var.cluster_name, "-", "_")
  email       = var.existing_service_account == null ? google_service_account.controller[0].email : var.existing_service_account.email
}

resource "google_service_account" "controller" {
  count = var.existing_service_account == null ? 1 : 0

  project      = var.project_id
  account_id   = var.service_account_id
  display_name = "podway controller of cluster ${var.cluster_name}"
}

resource "google_project_iam_custom_role" "controller" {
  for_each = local.grants

  project     = each.value.project
  role_id     = "podway${each.value.name}_${local.role_suffix}"
  title       = "${each.value.role.title} (${var.cluster_name})"
  description = each.value.role.description
  stage       = each.value.role.stage
  permissions = each.value.role.includedPermissions
}

resource "google_project_iam_member" "controller" {
  for_each = local.grants

  project = each.value.project
  role    = google_project_iam_custom_role.controller[each.key].name
  member  = "serviceAccount:${local.email}"
}

resource "google_service_account_iam_member" "workload_identity" {
  count = var.workload_identity_pool == null || var.existing_service_account != null ? 0 : 1

  service_account_id = google_service_account.controller[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.workload_identity_pool}[${var.service_account.namespace}/${var.service_account.name}]"
}
