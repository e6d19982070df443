import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { invoke, invokeAsync } from './testing/binary.ts'
import { add, message, succeed } from './testing/calls.ts'
import { trace, whyNoTrace } from './testing/trace.ts'
import { TestNode, ip, links, routes } from './testing/world.ts'

const reason = whyNoTrace()

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** Processes of the node binary, zombies too: their ids. */
function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'podway-cni'
    } catch {
      return false
    }
  })
}

/** The files that the processes of the node binary have open. */
const openFiles = (): readonly string[] =>
  processes().flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    } catch {
      return []
    }
  })

/** Interfaces, addresses and routes that a pod's attachment can leave, on the host and in the pod. */
const state = (pod: string): object => ({
  ...testNode.traces(),
  addresses: JSON.parse(ip(undefined, '-j', 'addr')) as unknown,
  pod: links(pod).map(({ ifname }) => ifname),
  podRoutes: [...routes(4, pod), ...routes(6, pod)],
})

describe('a DEL, which leaves the wait for the kernel to a child', () => {
  it('ends when both ends, their addresses and routes are gone', () => {
    const pod = testNode.pod('ends')
    const invocation = { netns: pod.path, config: testNode.config() }
    const before = state(pod.name)
    for (let round = 0; round < 5; round++) {
      add(invocation)
      succeed('DEL', invocation)
      expect(state(pod.name)).toEqual(before)
    }
  })

  it('leaves no process behind, and keeps nothing open meanwhile but a socket', async () => {
    const pod = testNode.pod('orphan')
    const invocation = { netns: pod.path, config: testNode.config() }
    add(invocation)
    succeed('DEL', invocation)
    expect(openFiles().filter((file) => !file.startsWith('socket:'))).toEqual([])
    await vi.waitFor(() => expect(processes()).toEqual([]), { timeout: 5000 })
  })

  it('works for twenty pods at once', async () => {
    const pods = Array.from({ length: 20 }, (_, i) => testNode.pod(`many${i}`))
    const config = testNode.config()
    const before = testNode.traces()
    for (const { name, path } of pods) add({ containerId: name, netns: path, config })
    const endings = await Promise.all(
      pods.map(({ name, path }) => invokeAsync({ command: 'DEL', containerId: name, netns: path, config })),
    )
    expect(endings).toEqual(pods.map(() => ({ code: 0, stdout: '', stderr: '', json: undefined })))
    expect(testNode.traces()).toEqual(before)
    for (const { name } of pods) expect(links(name).map(({ ifname }) => ifname)).toEqual(['lo'])
    await vi.waitFor(() => expect(processes()).toEqual([]), { timeout: 5000 })
  })

  it('reports what the kernel refuses', () => {
    const pod = testNode.pod('refused')
    const invocation = { netns: pod.path, config: testNode.config() }
    const [host] = add(invocation).interfaces
    const by = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']
    const ended = invoke({ command: 'DEL', ...invocation, by })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(/^delete link \d+: operation not permitted/)
    expect(links().map(({ ifname }) => ifname)).toContain(host?.name)
    succeed('DEL', invocation)
    expect(links().map(({ ifname }) => ifname)).not.toContain(host?.name)
  })
})

describe.skipIf(reason !== undefined)(`a DEL under strace${reason ? ` (skipped: ${reason})` : ''}`, () => {
  /** Three answers are about names; the fourth is the news of the deletion. */
  it.each([
    { name: 'no process can be made', inject: 'clone,clone3,fork,vfork:error=EAGAIN' },
    { name: 'announcements were lost', inject: 'recvfrom:error=ENOBUFS:when=4' },
    { name: 'no news comes in time', inject: 'recvfrom:error=EAGAIN:when=4' },
  ])('takes everything back when $name', ({ inject }) => {
    const pod = testNode.pod('odd')
    const invocation = { netns: pod.path, config: testNode.config() }
    const before = state(pod.name)
    add(invocation)
    const { ending } = trace({ command: 'DEL', ...invocation }, inject)
    expect(ending).toMatchObject({ code: 0, stdout: '' })
    expect(state(pod.name)).toEqual(before)
  })

  it.each([
    { name: 'no process can be made', inject: 'clone,clone3,fork,vfork:error=EAGAIN' },
    { name: 'announcements were lost', inject: 'recvfrom:error=ENOBUFS:when=3' },
  ])('takes the interface that limits the pod back, too, when $name', ({ inject }) => {
    const pod = testNode.pod('odd')
    const limits = { ingressRate: 8e6, ingressBurst: 8e5, egressRate: 8e6, egressBurst: 8e5 }
    const invocation = { netns: pod.path, config: testNode.config(limits) }
    const before = state(pod.name)
    add(invocation)
    const { ending } = trace({ command: 'DEL', ...invocation }, inject)
    expect(ending).toMatchObject({ code: 0, stdout: '' })
    expect(state(pod.name)).toEqual(before)
  })

  it('that is killed while it waits is finished by the next one', () => {
    const pod = testNode.pod('killed')
    const invocation = { netns: pod.path, config: testNode.config() }
    const before = state(pod.name)
    add(invocation)
    const { ending } = trace({ command: 'DEL', ...invocation }, 'recvfrom:signal=KILL:when=2')
    expect(ending.code).not.toBe(0)
    succeed('DEL', invocation)
    expect(state(pod.name)).toEqual(before)
  })
})
