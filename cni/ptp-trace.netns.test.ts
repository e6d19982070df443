import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke } from './testing/binary.ts'
import { type TracedCall, trace, whyNoTrace } from './testing/trace.ts'
import { TestNode } from './testing/world.ts'

const reason = whyNoTrace()

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

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
})
