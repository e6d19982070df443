import { describe, expect, it } from 'vitest'
import { callOf } from '../testing/call.ts'
import { MemoryProcess, memorySystem } from '../testing/memory-system.ts'
import type { Result } from '../spec/result.ts'
import { type ChainPart, type PodInterface, addChain } from './chain.ts'

const made: Result = {
  interfaces: [{ name: 'eth0', mac: '02:00:00:00:00:01', sandbox: '/run/netns/x' }],
  ips: [],
  routes: [],
  dns: {},
}

/** Steps that write down when they are done and taken back. */
function chain(failing?: string) {
  const journal: string[] = []
  const step =
    (name: string) =>
    (result: Result, undo: { add: (step: () => void) => void }): Result => {
      undo.add(() => journal.push(`undo ${name}`))
      journal.push(name)
      if (name === failing) throw new Error(`${name} failed`)
      return { ...result, interfaces: [...result.interfaces, { name, mac: '' }] }
    }
  const podInterface: PodInterface = (_, undo) => step('veth')(made, undo)
  const part =
    (name: string): ChainPart =>
    (_, result, undo) =>
      step(name)(result, undo)
  return { journal, podInterface, parts: [part('portmap'), part('bandwidth')] }
}

const run = (
  { podInterface, parts }: ReturnType<typeof chain>,
  json: object,
  reference: boolean,
): { interfaces: { name: string }[] } => {
  const process = new MemoryProcess({})
  addChain(callOf(json, { system: memorySystem({ process }), reference }), podInterface, parts)
  return JSON.parse(process.out) as { interfaces: { name: string }[] }
}

describe('ADD of a chain', () => {
  it('runs the parts in order, each with the result of the one before', () => {
    const all = chain()
    const names = run(all, {}, false).interfaces.map(({ name }) => name)
    expect(names).toEqual(['eth0', 'veth', 'portmap', 'bandwidth'])
    expect(all.journal).toEqual(['veth', 'portmap', 'bandwidth'])
  })

  it.each([
    { failing: 'veth', journal: ['veth', 'undo veth'] },
    { failing: 'portmap', journal: ['veth', 'portmap', 'undo portmap', 'undo veth'] },
    {
      failing: 'bandwidth',
      journal: ['veth', 'portmap', 'bandwidth', 'undo bandwidth', 'undo portmap', 'undo veth'],
    },
  ])('takes back all when $failing fails, the latest first', ({ failing, journal }) => {
    const all = chain(failing)
    expect(() => run(all, {}, false)).toThrow(`${failing} failed`)
    expect(all.journal).toEqual(journal)
  })

  it.each([
    { as: 'podway-cni', reference: false, first: 'before' },
    { as: 'a reference plugin', reference: true, first: 'eth0' },
  ])('called as $as puts $first first', ({ reference, first }) => {
    const json = { cniVersion: '1.0.0', prevResult: { interfaces: [{ name: 'before' }] } }
    expect(run(chain(), json, reference).interfaces[0]?.name).toBe(first)
  })

  it('makes nothing when the previous result is no object', () => {
    const all = chain()
    expect(() => run(all, { prevResult: 'x' }, false)).toThrow(
      expect.objectContaining({ code: 7, message: 'prevResult must be an object' }),
    )
    expect(all.journal).toEqual([])
  })
})
