locals {
  # What the controller may do is said in one place. A test holds these files against the calls that it makes.
  role_files = merge(
    { controller = "azure-controller-role.json" },
    var.doctor ? { doctor = "azure-doctor-role.json" } : {},
  )
  roles = {
    for name, file in local.role_files : name => jsondecode(
      replace(file("${path.module}/../../iam/${file}"), "CLUSTER_NAME", var.cluster_name)
    )
  }

  scopes = [for name in sort(keys(var.resource_group_ids)) : var.resource_group_ids[name]]

  # Keys that are known before the identities are.
  principals = merge(
    var.identity == null ? {} : { own = azurerm_user_assigned_identity.controller[0].principal_id },
    var.existing_identity == null ? {} : { existing = var.existing_identity.principal_id },
  )
  principal_names = concat(
    var.identity == null ? [] : ["own"],
    var.existing_identity == null ? [] : ["existing"],
  )
  assignments = {
    for one in setproduct(local.principal_names, keys(local.roles), keys(var.resource_group_ids)) : join("/", one) => {
      principal = one[0]
      role      = one[1]
      group     = one[2]
    }
  }
}

resource "azurerm_user_assigned_identity" "controller" {
  count = var.identity == null ? 0 : 1

  name                = coalesce(var.identity.name, "podway-${var.cluster_name}")
  resource_group_name = var.identity.resource_group_name
  location            = var.identity.location
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "controller" {
  count = var.identity == null || var.oidc_issuer_url == null ? 0 : 1

  name                = "podway-controller"
  resource_group_name = var.identity.resource_group_name
  parent_id           = azurerm_user_assigned_identity.controller[0].id
  issuer              = var.oidc_issuer_url
  subject             = "system:serviceaccount:${var.service_account.namespace}:${var.service_account.name}"
  audience            = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_definition" "controller" {
  for_each = local.roles

  name              = each.value.Name
  description       = each.value.Description
  scope             = local.scopes[0]
  assignable_scopes = local.scopes

  permissions {
    actions          = each.value.Actions
    not_actions      = each.value.NotActions
    data_actions     = each.value.DataActions
    not_data_actions = each.value.NotDataActions
  }
}

resource "azurerm_role_assignment" "controller" {
  for_each = local.assignments

  scope              = var.resource_group_ids[each.value.group]
  role_definition_id = azurerm_role_definition.controller[each.value.role].role_definition_resource_id
  principal_id       = local.principals[each.value.principal]
  principal_type     = "ServicePrincipal"
}
