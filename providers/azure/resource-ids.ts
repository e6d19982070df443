/** A machine, as a provider ID and an interface name it. */
export interface MachineId {
  /** In lower case: ARM's identifiers are compared without regard to it. */
  readonly id: string
  /** `/subscriptions/…/resourcegroups/…` */
  readonly group: string
  /** Of a member of a uniform scale set: the set's id. */
  readonly scaleSet: string | undefined
}

/**
 * The machine of a provider ID: `azure:///subscriptions/…/virtualMachines/…` as Azure's node controller writes it, also
 * `…/virtualMachineScaleSets/…/virtualMachines/…` of a uniform scale set. Undefined for another cloud's.
 */
export const machineOfProviderId = (providerID: string): MachineId | undefined =>
  providerID.startsWith('azure://') ? machineOf(providerID.slice('azure://'.length)) : undefined

export function machineOf(text: string): MachineId | undefined {
  const id = text.toLowerCase()
  const found =
    /^(\/subscriptions\/[^/]+\/resourcegroups\/[^/]+)\/providers\/microsoft\.compute\/(?:virtualmachines\/[^/]+|(virtualmachinescalesets\/[^/]+)\/virtualmachines\/[^/]+)$/.exec(
      id,
    )
  if (found === null) return undefined
  const [, group = '', set] = found
  return {
    id,
    group,
    scaleSet: set === undefined ? undefined : `${group}/providers/microsoft.compute/${set}`,
  }
}

export const groupId = (subscription: string, group: string): string =>
  `/subscriptions/${subscription}/resourcegroups/${group}`.toLowerCase()

/** The id of the resource group of what has that id. */
export const groupOfId = (id: string): string => id.split('/').slice(0, 5).join('/').toLowerCase()

export const isTableId = (text: string): boolean => tableOfId(text) !== undefined

export interface TableName {
  readonly subscription: string
  readonly group: string
  readonly name: string
}

/** Each part as it is written. Undefined for what is no route table's id. */
export function tableOfId(text: string): TableName | undefined {
  const [, subscription, group, name] =
    /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/microsoft\.network\/routetables\/([^/]+)$/i.exec(
      text,
    ) ?? []
  if (subscription === undefined || group === undefined || name === undefined) return undefined
  return { subscription, group, name }
}

export const tableId = (group: string, name: string): string =>
  `${group}/providers/microsoft.network/routetables/${name}`.toLowerCase()

/** The network of a subnet. */
export const networkOf = (subnet: string): string => subnet.toLowerCase().replace(/\/subnets\/[^/]+$/, '')
