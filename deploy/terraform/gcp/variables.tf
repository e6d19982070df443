variable "cluster_name" {
  description = "The cluster, as `--cluster-name` says it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", var.cluster_name))
    error_message = "cluster_name is to be of letters, digits and hyphens, 40 at most, a letter or digit first."
  }
}

variable "project_id" {
  description = "The project of the Nodes' instances."
  type        = string
  nullable    = false
}

variable "network_project_id" {
  description = "The project of the VPC networks, if that is another one (shared VPC)."
  type        = string
  default     = null
}

variable "service_account_id" {
  description = "What the service account is called that the controller acts as: the part before the `@`."
  type        = string
  default     = "podway-controller"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.service_account_id))
    error_message = "service_account_id is to be of 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "existing_service_account" {
  description = "The service account of the instances that the controller runs on, or any other: gets the permissions, and none is made."
  type = object({
    email = string
  })
  default = null
}

variable "workload_identity_pool" {
  description = "The cluster's workload identity pool, such as `prod-1.svc.id.goog`: the controller's Kubernetes service account acts as the service account that is made."
  type        = string
  default     = null
}

variable "service_account" {
  description = "Which Kubernetes service account that is: what `deploy/manifests/controller-rbac.yaml` makes, unless told."
  type = object({
    namespace = optional(string, "podway-system")
    name      = optional(string, "podway-controller")
  })
  default  = {}
  nullable = false
}

variable "alias_ip" {
  description = "Whether the controller runs with `--gcp-mode alias-ip`: it may then assign alias ranges."
  type        = bool
  default     = false
  nullable    = false
}

variable "doctor" {
  description = "Whether the same identity may run `podway doctor gcp`, which reads more than the controller."
  type        = bool
  default     = true
  nullable    = false
}
