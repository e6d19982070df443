import { type JsonObject, listAt, objectAt, textAt, valueAt } from '../kubernetes/json.ts'
import { begin } from './async-operations.ts'
import { badRequest, notFound } from './errors.ts'
import { nameOf, sameId } from './names.ts'
import { demandJoins, interfaceAt, interfaceType, showInterface } from './network-interfaces.ts'
import { type Answer, type Context, type Operation, page } from './operation.ts'
import type { ArmState, Resource } from './state.ts'

const compute = '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute'
const machines = `${compute}/virtualMachines`
const scaleSets = `${compute}/virtualMachineScaleSets`
const instances = `${scaleSets}/{scaleSet}/virtualMachines`
const readMachine = 'Microsoft.Compute/virtualMachines/read'
const readInstance = 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read'
const readInterface = 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read'

/** Virtual machines, and the members of scale sets. They are made by {@link Machines}, not through the API. */
export const machineOperations: readonly Operation[] = [
  {
    name: 'VirtualMachines_Get',
    method: 'GET',
    path: `${machines}/{machine}`,
    action: readMachine,
    handle: get,
  },
  {
    name: 'VirtualMachines_InstanceView',
    method: 'GET',
    path: `${machines}/{machine}/instanceView`,
    action: 'Microsoft.Compute/virtualMachines/instanceView/read',
    handle: instanceView,
  },
  {
    name: 'VirtualMachines_List',
    method: 'GET',
    path: machines,
    action: readMachine,
    handle: (context) => page(context, context.state.list(context.id), show),
  },
  {
    name: 'VirtualMachineScaleSets_List',
    method: 'GET',
    path: scaleSets,
    action: 'Microsoft.Compute/virtualMachineScaleSets/read',
    handle: (context) => page(context, context.state.list(context.id), show),
  },
  {
    name: 'VirtualMachineScaleSetVMs_Get',
    method: 'GET',
    path: `${instances}/{instance}`,
    action: readInstance,
    handle: get,
  },
  {
    name: 'VirtualMachineScaleSetVMs_GetInstanceView',
    method: 'GET',
    path: `${instances}/{instance}/instanceView`,
    action: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read',
    handle: instanceView,
  },
  {
    name: 'VirtualMachineScaleSetVMs_Update',
    method: 'PUT',
    path: `${instances}/{instance}`,
    action: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/write',
    handle: update,
  },
  {
    name: 'NetworkInterfaces_ListVirtualMachineScaleSetNetworkInterfaces',
    method: 'GET',
    path: `${scaleSets}/{scaleSet}/networkInterfaces`,
    action: 'Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read',
    handle: (context) => {
      const set = context.id.split('/').slice(0, 9).join('/')
      if (context.state.get(set) === undefined) throw notFound(set)
      const all = context.state.list(`${set}/virtualMachines`)
      const interfaces = all.flatMap(({ id }) => context.state.list(`${id}/networkInterfaces`))
      return page(context, interfaces, showInterface)
    },
  },
  {
    name: 'NetworkInterfaces_ListVirtualMachineScaleSetVMNetworkInterfaces',
    method: 'GET',
    path: `${instances}/{instance}/networkInterfaces`,
    action: readInterface,
    handle: (context) => {
      const machine = context.id.split('/').slice(0, 11).join('/')
      if (context.state.get(machine) === undefined) throw notFound(machine)
      return page(context, context.state.list(context.id), showInterface)
    },
  },
  {
    name: 'NetworkInterfaces_GetVirtualMachineScaleSetNetworkInterface',
    method: 'GET',
    path: `${instances}/{instance}/networkInterfaces/{interface}`,
    action: readInterface,
    handle: (context) => ({ status: 200, body: showInterface(interfaceAt(context)) }),
  },
  {
    name: 'NetworkInterfaces_GetEffectiveRouteTable',
    method: 'POST',
    path: `/subscriptions/{subscription}/resourceGroups/{group}/providers/${interfaceType}/{interface}/effectiveRouteTable`,
    action: 'Microsoft.Network/networkInterfaces/effectiveRouteTable/action',
    handle: effectiveRoutes,
  },
]

/** What the API does not show of a machine that is there. */
const hidden = 'simulatorPowerState'

const show = ({ doc }: Resource): JsonObject =>
  Object.fromEntries(Object.entries(doc).filter(([name]) => name !== hidden))

function machineAt({ state }: Context, id: string): Resource {
  const machine = state.get(id)
  if (machine === undefined) throw notFound(id)
  return machine
}

function get(context: Context): Answer {
  const machine = machineAt(context, context.id)
  if (context.query.get('$expand') !== 'instanceView') return { status: 200, body: show(machine) }
  const shown = show(machine)
  const properties = { ...objectAt(shown, 'properties'), instanceView: viewOf(machine) }
  return { status: 200, body: { ...shown, properties } }
}

function instanceView(context: Context): Answer {
  return { status: 200, body: viewOf(machineAt(context, context.id.split('/').slice(0, -1).join('/'))) }
}

function viewOf({ doc }: Resource): JsonObject {
  const power = textAt(doc, hidden) || 'running'
  return {
    statuses: [
      { code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded' },
      { code: `PowerState/${power}`, level: 'Info', displayStatus: `VM ${power}` },
    ],
  }
}

/** Of a member of a uniform scale set: its interface takes what the machine's own configuration says. */
function update(context: Context): Answer {
  const { body, id, state } = context
  const machine = machineAt(context, id)
  if (!sameId(textAt(body, 'location'), textAt(machine.doc, 'location')))
    throw badRequest('PropertyChangeNotAllowed', "Changing property 'location' is not allowed.")
  for (const one of listAt(
    body,
    'properties',
    'networkProfileConfiguration',
    'networkInterfaceConfigurations',
  ))
    demandJoins(objectAt(one, 'properties'), context.demand)
  const written = state.put(id, { ...machine.doc, ...body, id: machine.id })
  const wanted = new Map(
    listAt(body, 'properties', 'networkProfileConfiguration', 'networkInterfaceConfigurations').map((one) => [
      textAt(one, 'name').toLowerCase(),
      valueAt(one, 'properties', 'enableIPForwarding') === true,
    ]),
  )
  const headers = begin(context, {
    kind: 'PutVMOperation',
    resource: id,
    settle: ({ status }) => {
      if (status !== 'Succeeded') return
      for (const { id: nic, doc } of state.list(`${id}/networkInterfaces`)) {
        const enableIPForwarding = wanted.get(nameOf(nic).toLowerCase())
        if (enableIPForwarding !== undefined)
          state.put(nic, { ...doc, properties: { ...objectAt(doc, 'properties'), enableIPForwarding } })
      }
    },
  })
  return { status: 200, body: show(written), headers }
}

/** By the interface's subnet: what its table made packets do at this moment. */
function effectiveRoutes(context: Context): Answer {
  const { now, state } = context
  const nic = interfaceAt({ id: context.id.split('/').slice(0, -1).join('/'), state })
  const machine = state.get(textAt(nic.doc, 'properties', 'virtualMachine', 'id'))
  if (machine === undefined || (textAt(machine.doc, hidden) || 'running') !== 'running')
    throw badRequest(
      'NetworkInterfaceNotInRunningState',
      `Network interface ${nic.id} is not attached to a running virtual machine.`,
    )
  const [config] = listAt(nic.doc, 'properties', 'ipConfigurations')
  const subnet = state.get(textAt(config, 'properties', 'subnet', 'id'))
  const table = textAt(subnet?.doc, 'properties', 'routeTable', 'id')
  const version = (state.effective.get(table.toLowerCase()) ?? []).findLast(({ from }) => from <= now)
  const value = (version?.routes ?? []).flatMap((route) => {
    const { addressPrefix = '', nextHopType = '', nextHopIpAddress } = objectAt(route, 'properties')
    return [
      {
        name: textAt(route, 'name'),
        source: 'User',
        state: 'Active',
        addressPrefix: [addressPrefix],
        nextHopType,
        nextHopIpAddress: nextHopIpAddress === undefined ? [] : [nextHopIpAddress],
        disableBgpRoutePropagation: false,
      },
    ]
  })
  const headers = begin(context, {
    kind: 'GetEffectiveRouteTableOperation',
    resource: context.id,
    settle: () => undefined,
    result: () => ({ value }),
  })
  return { status: 202, headers }
}

export interface NewMachine {
  readonly subscription: string
  readonly group: string
  readonly name: string
  readonly subnet: string
  readonly families?: readonly (4 | 6)[]
  /** Whether its template lets its interface forward; it does not unless told. */
  readonly forwards?: boolean
  /** The scale set that it is a member of. */
  readonly scaleSet?: { readonly name: string; readonly mode: 'Uniform' | 'Flexible' }
}

export interface Machine {
  readonly id: string
  readonly interfaceId: string
}

/** What happens to machines by another hand than the network's API. */
export class Machines {
  readonly #state: ArmState
  readonly #configure: (id: string, properties: JsonObject) => readonly JsonObject[]

  constructor(state: ArmState, configure: (id: string, properties: JsonObject) => readonly JsonObject[]) {
    this.#state = state
    this.#configure = configure
  }

  /** A running machine with one interface. */
  add(machine: NewMachine): Machine {
    const { families = [4], forwards = false, group, name, scaleSet, subnet, subscription } = machine
    const base = `/subscriptions/${subscription}/resourceGroups/${group}/providers`
    const uniform = scaleSet?.mode === 'Uniform'
    const set = `${base}/Microsoft.Compute/virtualMachineScaleSets/${scaleSet?.name ?? ''}`
    if (scaleSet !== undefined) this.#addSet(set, scaleSet.mode)
    const id = uniform
      ? `${set}/virtualMachines/${name}`
      : `${base}/Microsoft.Compute/virtualMachines/${name}`
    const interfaceName = `${name}-nic`
    const interfaceId = uniform
      ? `${id}/networkInterfaces/${interfaceName}`
      : `${base}/${interfaceType}/${interfaceName}`
    const ipConfigurations = families.map((family) => ({
      name: `ipconfig${family}`,
      properties: {
        primary: family === families[0],
        privateIPAddressVersion: `IPv${family}`,
        subnet: { id: subnet },
      },
    }))
    this.#state.put(interfaceId, {
      name: interfaceName,
      id: interfaceId,
      type: interfaceType,
      location: 'westeurope',
      properties: {
        provisioningState: 'Succeeded',
        ipConfigurations: this.#configure(interfaceId, { ipConfigurations }),
        enableIPForwarding: forwards,
        enableAcceleratedNetworking: true,
        primary: true,
        macAddress: '00-0D-3A-00-00-01',
        virtualMachine: { id },
        nicType: 'Standard',
      },
    })
    this.#state.put(id, {
      name: uniform ? `${scaleSet.name}_${name}` : name,
      ...(uniform && { instanceId: name }),
      id,
      type: uniform
        ? 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines'
        : 'Microsoft.Compute/virtualMachines',
      location: 'westeurope',
      properties: {
        provisioningState: 'Succeeded',
        networkProfile: { networkInterfaces: [{ id: interfaceId, properties: { primary: true } }] },
        ...(uniform && {
          networkProfileConfiguration: {
            networkInterfaceConfigurations: [
              {
                name: interfaceName,
                properties: { primary: true, enableIPForwarding: forwards, ipConfigurations },
              },
            ],
          },
        }),
        ...(scaleSet?.mode === 'Flexible' && { virtualMachineScaleSet: { id: set } }),
      },
    })
    return { id, interfaceId }
  }

  /** The machine is gone, and its interfaces with it. */
  terminate(id: string): void {
    for (const resource of this.#state.all()) {
      const isIts = sameId(textAt(resource.doc, 'properties', 'virtualMachine', 'id'), id)
      if (isIts || sameId(resource.id, id)) this.#state.delete(resource.id)
    }
  }

  /** `running`, `deallocated`, `stopped` … */
  power(id: string, state: string): void {
    const machine = this.#state.get(id)
    if (machine !== undefined) this.#state.put(id, { ...machine.doc, [hidden]: state })
  }

  #addSet(id: string, orchestrationMode: string): void {
    if (this.#state.get(id) !== undefined) return
    this.#state.put(id, {
      name: nameOf(id),
      id,
      type: 'Microsoft.Compute/virtualMachineScaleSets',
      location: 'westeurope',
      properties: { provisioningState: 'Succeeded', orchestrationMode },
    })
  }
}
