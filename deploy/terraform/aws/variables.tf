variable "cluster_name" {
  description = "The cluster, as `--cluster-name` says it: its route tables are told by the tag `kubernetes.io/cluster/<name>`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", var.cluster_name))
    error_message = "cluster_name is to be of letters, digits, dots, underscores and hyphens, 100 at most, a letter or digit first."
  }
}

variable "vpc_id" {
  description = "The VPC of the Nodes: only of its network interfaces may the source/destination check be turned off."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "vpc_id is to be the id of a VPC, such as vpc-0123456789abcdef0."
  }
}

variable "route_tables" {
  description = "The ids of the route tables that are to know the pods, by any name: they get the cluster's tag. Leave out those whose tags another resource of Terraform keeps, and give them the output `cluster_tag` there."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "oidc" {
  description = "The cluster's identity provider in IAM (IRSA): makes a role that the controller's service account assumes. Without it, no role is made."
  type = object({
    provider_arn = string
  })
  default = null
}

variable "node_role" {
  description = "The role of the instances that the controller runs on: gets the permissions, for a controller without an identity of its own."
  type = object({
    name = string
  })
  default = null
}

variable "service_account" {
  description = "Whose tokens may assume the role: what `deploy/manifests/controller-rbac.yaml` makes, unless told."
  type = object({
    namespace = optional(string, "podway-system")
    name      = optional(string, "podway-controller")
  })
  default  = {}
  nullable = false
}

variable "name" {
  description = "What the role and the policies are called; `podway-<cluster>` unless told."
  type        = string
  default     = null
}

variable "ipv6_prefix" {
  description = "Whether the controller runs with `--aws-mode ipv6-prefix`: it may then delegate prefixes."
  type        = bool
  default     = false
  nullable    = false
}

variable "doctor" {
  description = "Whether the same identity may run `podway doctor aws`, which reads more than the controller."
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary" {
  description = "The ARN of a policy that bounds the role."
  type        = string
  default     = null
}

variable "tags" {
  description = "Of the role and the policies."
  type        = map(string)
  default     = {}
  nullable    = false
}
