import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke } from './testing/binary.ts'
import { type TracedCall, trace, whyNoTrace } from './testing/trace.ts'
import { TestNode, links, routes } from './testing/world.ts'

const reason = whyNoTrace()

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** All that an attachment can leave behind. Empty files are nobody's: the next ADD takes them. */
const traces = (pod: string): object => ({
  host: links().map(({ ifname }) => ifname),
  pod: links(pod).map(({ ifname }) => ifname),
  v4: routes(4),
  v6: routes(6).filter(({ dst }) => !dst.startsWith('fe80') && !dst.startsWith('ff')),
  files: testNode
    .reservations()
    .filter((file) => readFileSync(`${testNode.dataDir}/net/${file}`, 'utf8') !== ''),
})

/** The calls of an undisturbed ADD, from the first that is about the pod. */
function callsOfAdd(netns: string): readonly TracedCall[] {
  // The first one of a network writes down more than those that follow.
  for (const command of ['ADD', 'DEL']) invoke({ command, netns, config: testNode.config() })
  const { ending, calls } = trace({ command: 'ADD', netns, config: testNode.config() })
  expect(ending.code).toBe(0)
  expect(invoke({ command: 'DEL', netns, config: testNode.config() }).code).toBe(0)
  const first = calls.findIndex(({ line }) => line.includes(netns))
  expect(first).toBeGreaterThan(0)
  return calls.slice(first)
}

describe.skipIf(reason !== undefined)(`an ADD, call by call${reason ? ` (skipped: ${reason})` : ''}`, () => {
  /**
   * https://github.com/containernetworking/plugins/issues/1121, https://github.com/aws/amazon-vpc-cni-k8s/issues/3461:
   * dumps that are interrupted on busy machines. https://github.com/aws/amazon-vpc-cni-k8s/pull/3764: a veth that is
   * moved instead of made in place.
   */
  it('dumps nothing, makes both ends with one message, moves none, waits for no disk', () => {
    const pod = testNode.pod('trace')
    const sent = callsOfAdd(pod.path).filter(({ name }) => name === 'sendto')
    expect(sent.filter(({ line }) => /NLM_F_DUMP|NLM_F_ROOT|NLM_F_REQUEST\|0x300/.test(line))).toEqual([])
    const types = sent.map(({ line }) => /nlmsg_type=(\w+)/.exec(line)?.[1])
    const isNewLink = (type = ''): boolean => type === 'RTM_NEWLINK' || Number(type) === 16
    expect(types.filter(isNewLink)).toHaveLength(1)
    // The messages after it only set flags, alias, addresses and routes.
    const isSetLink = (type = ''): boolean => type === 'RTM_SETLINK' || Number(type) === 19
    expect(types.filter(isSetLink)).toHaveLength(2)
  })

  it('starts no program', () => {
    const pod = testNode.pod('exec')
    const invocation = { command: 'ADD', netns: pod.path, config: testNode.config() }
    const ended = invoke({
      ...invocation,
      by: ['strace', '-f', '-e', 'trace=execve,clone,fork,vfork,clone3,fsync,fdatasync,sync'],
    })
    expect(ended.stderr.split('\n').filter((line) => /^\w+\(/.test(line))).toEqual([
      expect.stringMatching(/^execve\("[^"]*podway-cni"/),
    ])
  })

  /** Upstream leaves the veth, and after some errors the address: plugins/main/ptp/ptp.go. */
  it('leaves nothing behind, whichever of its calls fails', () => {
    const pod = testNode.pod('fail')
    const invocation = { netns: pod.path, config: testNode.config() }
    const before = traces(pod.name)
    const outcomes: Record<string, number> = { failed: 0, tolerated: 0 }
    for (const { name, nth, line } of callsOfAdd(pod.path)) {
      const { ending } = trace({ command: 'ADD', ...invocation }, `${name}:error=EIO:when=${nth}`)
      if (ending.code === 0) {
        outcomes.tolerated = (outcomes.tolerated ?? 0) + 1
        expect(invoke({ command: 'DEL', ...invocation }).code).toBe(0)
      } else {
        outcomes.failed = (outcomes.failed ?? 0) + 1
        expect(ending, line).toMatchObject({ code: 1, json: { msg: expect.any(String) as string } })
        // A process that can't return to its own namespace must end at once: then DEL cleans up.
        if (line.startsWith('setns')) invoke({ command: 'DEL', ...invocation })
      }
      expect(traces(pod.name), `${line} failing`).toEqual(before)
    }
    expect(outcomes.failed).toBeGreaterThan(35)
    expect(outcomes.tolerated).toBeLessThan(36)
  }, 120_000)

  it('can be killed at any of its calls: DEL takes the rest back, and the next ADD works', () => {
    const pod = testNode.pod('kill')
    const invocation = { netns: pod.path, config: testNode.config() }
    const before = traces(pod.name)
    for (const { name, nth, line } of callsOfAdd(pod.path)) {
      if (!['openat', 'write', 'sendto', 'recvfrom'].includes(name)) continue
      const { ending } = trace({ command: 'ADD', ...invocation }, `${name}:signal=KILL:when=${nth}`)
      expect(ending.code).not.toBe(0)
      expect(invoke({ command: 'DEL', ...invocation })).toMatchObject({ code: 0, stdout: '' })
      expect(traces(pod.name), `killed at ${line}`).toEqual(before)
    }
    expect(invoke({ command: 'ADD', ...invocation }).code).toBe(0)
  }, 120_000)
})
