import { markdownTable } from '../../cli/testing/markdown-table.ts'
import { type Cloud, type Module, expressionOf } from './module.ts'

interface Words {
  readonly title: string
  readonly what: string
  readonly example: string
  readonly then: string
}

const source = (cloud: Cloud): string => `source = "./podway/deploy/terraform/${cloud}"`

const words: Readonly<Record<Cloud, Words>> = {
  aws: {
    title: 'podway on AWS: identity, permissions, tags of route tables',
    what: 'Makes the policies of [`deploy/iam`](../../iam/README.md) with the cluster and its VPC put in, gives them to a role that the controller’s service account assumes (IRSA) or to that of the instances that it runs on, and tags route tables as the cluster’s. It makes no route.',
    example: `module "podway" {
  ${source('aws')}

  cluster_name = "prod"
  vpc_id       = aws_vpc.prod.id
  route_tables = { for zone, table in aws_route_table.private : zone => table.id }
  oidc         = { provider_arn = aws_iam_openid_connect_provider.prod.arn }
}`,
    then: 'A table whose own resource has `tags` gets the output `cluster_tag` there, and is left out of `route_tables`: two resources that keep the tags of one table undo each other’s. The policy lets the controller write tables with the tag and no others, so with `--route-tables auto`, `vpc` or ids name these tables here as well.',
  },
  azure: {
    title: 'podway on Azure: identity, permissions, tags of route tables',
    what: 'Makes the custom roles of [`deploy/iam`](../../iam/README.md) for the cluster, and gives them in each of its resource groups to a user-assigned identity that the controller’s service account acts as (workload identity), or to that of the machines that it runs on. It makes no route.',
    example: `module "podway" {
  ${source('azure')}

  cluster_name       = "prod"
  resource_group_ids = { nodes = azurerm_resource_group.prod.id }
  identity = {
    resource_group_name = azurerm_resource_group.prod.name
    location            = azurerm_resource_group.prod.location
  }
  oidc_issuer_url = "https://issuer.example.com/prod/"
}

resource "azurerm_route_table" "nodes" {
  name                = "nodes"
  resource_group_name = azurerm_resource_group.prod.name
  location            = azurerm_resource_group.prod.location
  tags                = module.podway.cluster_tag

  lifecycle {
    # podway’s routes stay, even if the table gets routes of its own.
    ignore_changes = [route]
  }
}`,
    then: 'AzureRM has no resource for one tag of something, so a table’s tag is in the table’s own resource, by the output `cluster_tag`. Who applies this needs the right to make roles and to assign them (Owner, or User Access Administrator), in each of the resource groups.',
  },
  gcp: {
    title: 'podway on Google Cloud: identity and permissions',
    what: 'Makes the custom roles of [`deploy/iam`](../../iam/README.md) in the project of the Nodes, and in that of the networks where it is another one (shared VPC), and gives them to a service account that the controller’s Kubernetes service account acts as (workload identity), or to that of the instances that it runs on. It makes no route. There is nothing to tag: routes belong to a network, which `--gcp-network` names.',
    example: `module "podway" {
  ${source('gcp')}

  cluster_name           = "prod"
  project_id             = "prod-1"
  workload_identity_pool = "prod-1.svc.id.goog"
}`,
    then: 'In a shared VPC both projects get the same roles, which is a little more than each needs; [`deploy/iam`](../../iam/README.md) tells which part is for which.',
  },
}

/** The whole README.md of a module: what it takes and gives is read off the module. */
export function readmeOf(cloud: Cloud, { outputs, providers, variables }: Module): string {
  const { example, then, title, what } = words[cloud]
  const inputs = Object.entries(variables).map(([name, [body]]) => [
    `\`${name}\``,
    `\`${typeOf(body?.type)}\``,
    body !== undefined && 'default' in body ? `\`${JSON.stringify(body.default)}\`` : 'required',
    String(body?.description),
  ])
  const results = Object.entries(outputs).map(([name, [body]]) => [`\`${name}\``, String(body?.description)])
  const [[provider, { version }] = ['', { version: '' }]] = Object.entries(providers)
  return `# ${title}

${what}

\`\`\`hcl
${example}
\`\`\`

Needs Terraform 1.5 or OpenTofu 1.6 or newer, and the provider \`${provider}\` (${version}). The permissions are read from \`deploy/iam\`, beside this folder, so take the repository as a whole: \`git::https://…//deploy/terraform/${cloud}?ref=…\` does, and so does a copy of \`deploy\`.

${then}

## Inputs

${markdownTable([['name', 'type', 'default', 'meaning'], ...inputs])}

## Outputs

${markdownTable([['name', 'meaning'], ...results])}

The service account itself is made by \`deploy/manifests/controller-rbac.yaml\`: annotate it with the output \`service_account_annotations\`. [How routes and Terraform get along](../../../docs/how-to/use-with-terraform.md).
`
}

const typeOf = (type: unknown): string =>
  expressionOf(type)
    .replaceAll(/\s*\n\s*/g, ', ')
    .replaceAll('{, ', '{ ')
    .replaceAll(', }', ' }')
    .replaceAll(/ +/g, ' ')
