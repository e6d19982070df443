variable "cluster_name" {
  description = "The cluster, as `--cluster-name` says it: its route tables are told by the tag `kubernetes.io_cluster_<name>`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", var.cluster_name))
    error_message = "cluster_name is to be of letters, digits, dots, underscores and hyphens, 100 at most, a letter or digit first."
  }
}

variable "resource_group_ids" {
  description = "The ids of the resource groups that hold route tables, machines, interfaces or the network of the cluster, by any name. The identity gets the roles in each; the roles are kept in the first by name."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.resource_group_ids) > 0
    error_message = "resource_group_ids is to have at least one resource group."
  }
}

variable "identity" {
  description = "Where the user-assigned identity is made that the controller acts as, and what it is called (`podway-<cluster>` unless told). Without it, none is made."
  type = object({
    resource_group_name = string
    location            = string
    name                = optional(string)
  })
  default = null
}

variable "existing_identity" {
  description = "The identity of the machines that the controller runs on, or any other: gets the roles."
  type = object({
    principal_id = string
  })
  default = null
}

variable "oidc_issuer_url" {
  description = "The cluster's issuer of service account tokens: the controller's service account acts as the identity that is made (workload identity)."
  type        = string
  default     = null
}

variable "service_account" {
  description = "Which service account that is: what `deploy/manifests/controller-rbac.yaml` makes, unless told."
  type = object({
    namespace = optional(string, "podway-system")
    name      = optional(string, "podway-controller")
  })
  default  = {}
  nullable = false
}

variable "doctor" {
  description = "Whether the same identity may run `podway doctor azure`, which reads more than the controller."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Of the identity."
  type        = map(string)
  default     = {}
  nullable    = false
}
