import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { describeUnless } from '../install/describe-unless.ts'
import { type MachineSnapshot, leftovers } from '../lab/leftovers.ts'
import { whyNoControlGroups } from './cgroups.ts'
import { type Runtimes, findRuntimes } from './install.ts'
import { RuntimeNode } from './runtime-node.ts'

const bootTimeout = 120_000
const found = await findRuntimes(process.env)
const missing = typeof found === 'string' ? found : whyNoControlGroups()

/**
 * Declares tests of a container runtime that share one node, where `podway-cni serve` has laid our binary. After each
 * of them, everything is as it was when the runtime had started: no address is reserved, no interface, namespace, route,
 * rule, process or control group is left. Every test removes its own containers. On a machine that can't run them they are
 * skipped, as by {@link describeUnless}.
 *
 * @param start brings up the runtime; what it leaves running is no leak
 * @param laidBy who lays the binary and the configuration: the other half of the agent, told by us, or `podway agent`,
 *   told by its Node
 */
export function describeOnNode<Runtime>(
  title: string,
  start: (node: RuntimeNode, runtimes: Runtimes) => Promise<Runtime>,
  declare: (runtime: () => Runtime, node: () => RuntimeNode) => void,
  laidBy: 'serve alone' | 'the whole agent' = 'serve alone',
): void {
  describeUnless(missing, title, () => {
    let node: RuntimeNode | undefined
    let runtime: Runtime | undefined
    let before: MachineSnapshot

    beforeAll(async () => {
      node = await RuntimeNode.boot('runtime-node', found as Runtimes)
      await (laidBy === 'the whole agent' ? node.startAgent() : node.install())
      runtime = await start(node, found as Runtimes)
      // A plugin's last process may outlive the call that it was for.
      const plugins = (): readonly string[] =>
        (node?.processes() ?? [])
          .map(({ command }) => command)
          .filter((one) => one.startsWith('/opt/cni/bin/'))
      await vi.waitFor(() => expect(plugins()).toEqual([]), { timeout: 8_000 })
      before = await node.snapshot()
    }, bootTimeout)

    afterEach(async () => {
      // What ends some time after it was told to: processes, interfaces with their namespace.
      await vi.waitFor(async () => expect(await leftSince()).toEqual([]), { timeout: 8_000 }).catch(forgive)
    }, bootTimeout)

    afterAll(() => node?.remove(), bootTimeout)

    const leftSince = async (): Promise<readonly string[]> =>
      leftovers([before], node === undefined ? [] : [await node.snapshot()])

    /** One test's leak is not the next one's. */
    async function forgive(error: unknown): Promise<never> {
      if (node !== undefined) before = await node.snapshot()
      throw error
    }

    declare(
      () => present(runtime),
      () => present(node),
    )
  })
}

function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('the node has not booted')
  return thing
}
