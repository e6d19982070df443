import { formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { MachineRoutes, type RouteMachine } from '../../agent/mesh/machine-routes.ts'
import { routeProtocol } from '../../cni/serve/protocol.ts'
import type { OperationName, Parameters, Result, RouteOutcome } from '../../cni/serve/protocol.ts'
import { run } from '../../cni/testing/binary.ts'
import { type TestClient, TestServer } from '../../cni/testing/server.ts'
import { ip } from '../../cni/testing/world.ts'
import { linuxProvider, mainTable } from '../../providers/linux/linux-provider.ts'
import type { FailingCall, Failure, ProviderWorld, WorldNode } from './provider-world.ts'

/** Where others' routes lead. */
const gateway = { 4: '10.99.0.250', 6: 'fd99::250' } as const

let worlds = 0

/** How a request failed, as a connection tells it. */
class CallError extends Error {
  readonly code: string
  readonly errno: number | undefined

  constructor(code: string, message: string, errno?: number) {
    super(message)
    this.code = code
    this.errno = errno
  }
}

/**
 * The Linux provider before a kernel's own table, in a network namespace, through the real `podway-cni serve`. Runs in a
 * world of its own only: see `runInWorld`.
 */
export async function createLinuxWorld(): Promise<ProviderWorld> {
  const netns = `conformance-${worlds++}`
  run('ip', 'netns', 'add', netns)
  const segment = [
    'link set lo up',
    'link add up0 type veth peer name segment0',
    'link set segment0 up',
    'addr add 10.99.0.1/24 dev up0',
    '-6 addr add fd99::1/64 dev up0 nodad',
    'link set up0 up',
  ]
  for (const line of segment) ip(netns, ...line.split(' '))
  const inside = ['ip', 'netns', 'exec', netns]
  const server = new TestServer()
  /** The same without the right to change the network: what it is refused, the kernel refuses. */
  const powerless = new TestServer()
  await server.start({ by: inside })
  await powerless.start({ by: [...inside, 'setpriv', '--bounding-set', '-net_admin'] })
  const client = await server.connect()
  const powerlessClient = await powerless.connect()
  let failing: { readonly call: FailingCall; readonly failure: Failure } | undefined
  let writes = 0
  let nodes = 1

  const ask = async <N extends OperationName>(
    to: TestClient,
    operation: N,
    parameters: Parameters<N>,
  ): Promise<Result<N>> => {
    const answer = await to.exchange(operation, parameters)
    if ('error' in answer) throw new CallError(answer.error.code, answer.error.message, answer.error.errno)
    return answer.result
  }
  const machine: RouteMachine = {
    async call(operation, parameters) {
      const strikes =
        failing !== undefined && concerns(failing.call, operation, parameters) ? failing : undefined
      if (strikes !== undefined) failing = undefined
      const to = strikes?.failure === 'unauthorized' ? powerlessClient : client
      const result = await ask(to, operation, parameters)
      if (operation === 'routes.apply') {
        const { outcomes } = result as { readonly outcomes: readonly RouteOutcome[] }
        writes += outcomes.filter(reachedKernel).length
      }
      if (strikes?.failure === 'lost') throw new CallError('lost', 'the connection ended before the answer')
      return result
    },
    onConnected: () => undefined,
    onNews: () => undefined,
  }
  const route = (verb: string, destination: Cidr, to: string, ...more: readonly string[]): void =>
    void ip(netns, `-${destination.family}`, 'route', verb, formatCidr(destination), 'via', to, ...more)

  return {
    provider: linuxProvider({ kernel: new MachineRoutes(machine), protocol: routeProtocol }),
    showsBlackholes: false,
    addTable: () => Promise.resolve(mainTable),
    removeTable: () => Promise.resolve(),
    serve: () => Promise.resolve([]),
    addNode(name) {
      nodes++
      const addresses = [`10.99.0.${nodes}`, `fd99::${nodes.toString(16)}`].map(parseAddress)
      const [one = '', six = ''] = addresses.map(formatAddress)
      const node: WorldNode = {
        view: { name, providerID: `rack://${name}`, addresses },
        target: { kind: 'address', id: one },
        target6: { kind: 'address', id: six },
      }
      return Promise.resolve(node)
    },
    terminate: () => Promise.resolve(),
    unknownProviderID: () => 'rack://nobody',
    addForeignRoute(_table, destination) {
      const id = gateway[destination.family]
      route('add', destination, id)
      return Promise.resolve({ destination, target: { kind: 'address', id } })
    },
    stealRoute(_table, destination, { target, target6 = target }) {
      const { id } = destination.family === 4 ? target : target6
      // Over one of ours there is none with its metric any more.
      route('replace', destination, id, 'proto', 'static', 'metric', '1120')
      return Promise.resolve()
    },
    forwards: () => Promise.resolve(false),
    writes: () => writes,
    failNext(call, failure) {
      if (failure === 'throttled' || failure === 'quota') throw new Error(`a kernel never says ${failure}`)
      failing = { call, failure }
    },
    async close() {
      client.end()
      powerlessClient.end()
      await server.remove()
      await powerless.remove()
      run('ip', 'netns', 'del', netns)
    },
  }
}

function concerns(call: FailingCall, operation: OperationName, parameters: object): boolean {
  if (call === 'list') return operation === 'routes.list'
  const { changes = [] } = parameters as Partial<Parameters<'routes.apply'>>
  return changes.some(({ op }) => op === call)
}

/** Whether the kernel was asked for a change; what it refuses has a number. */
const reachedKernel = (outcome: RouteOutcome): boolean =>
  outcome.result === 'done' ? outcome.existed !== true : outcome.errno !== undefined
