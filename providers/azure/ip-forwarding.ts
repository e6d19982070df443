import { formatAddress } from '../../net/address.ts'
import { ProviderError } from '../errors.ts'
import type { PrepareOutcome } from '../provider.ts'
import { type Target, formatTarget } from '../route.ts'
import { type ArmRequest, computePath, networkPath } from './arm-api.ts'
import { type Arm, call, read } from './call.ts'
import type { NodeInterface } from './interfaces.ts'
import { type NodeInterfaces, addressOf } from './node-interfaces.ts'
import { untilDone } from './operations.ts'
import type { Polling } from './poller.ts'
import { machineOf } from './resource-ids.ts'
import type { WireInterface, WireInterfaceConfiguration, WireMachine } from './wire.ts'

export interface ForwardingSite {
  readonly arm: Arm
  readonly interfaces: NodeInterfaces
  readonly polling: Polling
}

/**
 * Lets interfaces pass packets that are not addressed to them; without, Azure drops every packet of a pod. An interface
 * is written as a whole, for the revision that was read. One of a uniform scale set can't be: there the machine's own
 * configuration is, by its set's name. An interface that is named twice is changed once.
 */
export async function enableForwarding(
  site: ForwardingSite,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly PrepareOutcome[]> {
  const addresses = targets.flatMap((target) => addressOf(target) ?? [])
  const found =
    addresses.length === 0
      ? new Map<string, NodeInterface>()
      : await site.interfaces.ofAddresses(addresses, signal)
  const changes = new Map<string, Promise<PrepareOutcome>>()
  return Promise.all(
    targets.map((target) => {
      const address = addressOf(target)
      if (address === undefined)
        return failed('invalid', 'UnsupportedTarget', `${formatTarget(target)} is no address`)
      const its = found.get(formatAddress(address))
      if (its === undefined)
        return failed('not-found', 'NoInterface', `no network interface has the address ${target.id}`)
      const change = changes.get(its.id) ?? enable(site, its, signal)
      changes.set(its.id, change)
      return change
    }),
  )
}

async function enable(
  site: ForwardingSite,
  its: NodeInterface,
  signal: AbortSignal,
): Promise<PrepareOutcome> {
  if (its.forwards) return { result: 'done', changed: false }
  try {
    const machine = machineOf(its.machine ?? '')
    await (machine?.scaleSet === undefined
      ? writeInterface(site, its, signal)
      : writeMachine(site, machine.id, its, signal))
    return { result: 'done', changed: true }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return { result: 'failed', error }
  }
}

function writeInterface(
  site: ForwardingSite,
  { id, wire }: NodeInterface,
  signal: AbortSignal,
): Promise<void> {
  const body: WireInterface = { ...wire, properties: { ...wire.properties, enableIPForwarding: true } }
  return write(
    site,
    {
      operation: 'NetworkInterfaces_CreateOrUpdate',
      method: 'PUT',
      path: networkPath(id),
      body,
      ...(wire.etag !== undefined && { ifMatch: wire.etag }),
    },
    signal,
  )
}

async function writeMachine(
  site: ForwardingSite,
  machine: string,
  { wire }: NodeInterface,
  signal: AbortSignal,
): Promise<void> {
  const path = computePath(machine)
  const document = await read<WireMachine & { readonly etag?: string }>(
    site.arm,
    'VirtualMachineScaleSetVMs_Get',
    path,
    signal,
  )
  const configuration = document.properties?.networkProfileConfiguration
  const configurations = configuration?.networkInterfaceConfigurations ?? []
  const isIts = ({ name }: WireInterfaceConfiguration): boolean =>
    name?.toLowerCase() === wire.name?.toLowerCase()
  if (!configurations.some(isIts))
    throw new ProviderError(
      'invalid',
      `${machine} does not show the configuration of its interface ${wire.name ?? ''}: set enableIPForwarding in the model of its scale set`,
      { code: 'NoInterfaceConfiguration', action: 'VirtualMachineScaleSetVMs_Update' },
    )
  const networkInterfaceConfigurations = configurations.map((one) =>
    isIts(one) ? { ...one, properties: { ...one.properties, enableIPForwarding: true } } : one,
  )
  const networkProfileConfiguration = { ...configuration, networkInterfaceConfigurations }
  const body = { ...document, properties: { ...document.properties, networkProfileConfiguration } }
  const { etag } = document
  await write(
    site,
    {
      operation: 'VirtualMachineScaleSetVMs_Update',
      method: 'PUT',
      path,
      body,
      ...(etag !== undefined && { ifMatch: etag }),
    },
    signal,
  )
}

async function write(
  { arm, polling }: ForwardingSite,
  request: ArmRequest,
  signal: AbortSignal,
): Promise<void> {
  const answer = await call(arm, request, signal, 'WriteInterface')
  await untilDone(arm, request.operation, answer, polling, signal)
}

const failed = (
  errorClass: 'invalid' | 'not-found',
  code: string,
  message: string,
): Promise<PrepareOutcome> =>
  Promise.resolve({ result: 'failed', error: new ProviderError(errorClass, message, { code }) })
