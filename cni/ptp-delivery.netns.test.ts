import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { binary } from './testing/binary.ts'
import { TestNode, ip } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** A processor that this process may use. */
const processor = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'

/** Runs a shell's commands before all else on one processor: whoever else wants it waits until they wait. */
const alone = (script: string, ...args: readonly string[]) =>
  spawnSync('chrt', ['--fifo', '50', 'taskset', '-c', processor, 'sh', '-e', '-c', script, 'sh', ...args], {
    encoding: 'utf8',
  })

const refusal = alone('true').status === 0 ? undefined : 'this user may not set priorities of real time'

describeUnless(refusal, 'ADD of IPv6 on a machine that has no time', () => {
  /**
   * The kernel's worker puts a new address into the local table after it has told that the address is there. Found under
   * `ctr run --cni`: the first packet of the node's first pod was answered by "no route".
   */
  it('returns when the kernel delivers to both ends, not before', () => {
    const script = `
export CNI_COMMAND=ADD CNI_CONTAINERID=$3 CNI_NETNS=/run/netns/$3 CNI_IFNAME=eth0 CNI_PATH=/nowhere
"$1" < "$2" > /dev/null
ip -6 route show table local
ip -n "$3" -6 route show table local
`
    const config = `${testNode.dataDir}/config`
    writeFileSync(config, JSON.stringify(testNode.config({}, { ranges: [[{ subnet: 'fd00:1::/64' }]] })))
    for (let i = 0; i < 10; i++) {
      const pod = testNode.pod(`busy-${i}`)
      const { status, stdout, stderr } = alone(script, binary(), config, pod.name)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/^local fd00:1::1 dev veth/m)
      expect(stdout).toMatch(/^local fd00:1::\S+ dev eth0/m)
      // Another pod's end has the same address: the next one must be the first again.
      ip(pod.name, 'link', 'del', 'eth0')
    }
  })
})
