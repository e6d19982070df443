import { describe, expect, it } from 'vitest'
import { hostVethAlias, hostVethName } from '../plugins/veth-name.ts'
import { type Remains, findGarbage } from './garbage.ts'

const owner = { containerId: 'pod', ifName: 'eth0' }
const alias = hostVethAlias({ ...owner, network: 'net' })
const link = { index: 7, name: hostVethName(owner, 0), kind: 'veth', up: true, alias }
const reservation = { file: '10.0.0.2', content: 'pod\r\neth0', identity: '1:2 3' }
const result = { ...owner, file: 'net-pod-eth0', identity: '1:3 3' }

const nothing: Remains = {
  network: 'net',
  reservations: [],
  links: [],
  results: [],
  rules: [],
  routed: new Set(),
  containers: undefined,
  hasBridge: false,
  isRebooted: false,
}
const found = (remains: Partial<Remains>): readonly string[] =>
  findGarbage({ ...nothing, ...remains }).map(({ kind, what }) => `${kind} ${what}`)

describe('a reservation', () => {
  const reservations = [reservation]
  it.each([
    { name: 'without a trace of its owner is garbage', remains: {}, is: true },
    { name: 'with an interface is not', remains: { links: [link] }, is: false },
    {
      name: 'with the interface of an ADD that has not said yet whose it is, is not',
      remains: { links: [{ ...link, up: false, alias: undefined }] },
      is: false,
    },
    {
      name: 'with a name like that, which is another’s, is',
      remains: { links: [{ ...link, alias: 'x' }] },
      is: true,
    },
    {
      name: 'with another interface of the container is',
      remains: { links: [{ ...link, alias: `${alias}1` }] },
      is: true,
    },
    {
      name: 'whose ifb is left, which outlives the namespace, is',
      remains: { links: [{ ...link, name: 'bwp1', kind: 'ifb' }] },
      is: true,
    },
    { name: 'to which a route leads is not', remains: { routed: new Set(['10.0.0.2']) }, is: false },
    { name: 'whose container a runtime has is not', remains: { containers: ['pod'] }, is: false },
    { name: 'whose container no runtime has is', remains: { containers: ['other'] }, is: true },
    { name: 'beside a bridge of which nobody knows is not', remains: { hasBridge: true }, is: false },
    {
      name: 'beside a bridge, unknown to the runtimes, is',
      remains: { hasBridge: true, containers: ['x'] },
      is: true,
    },
    {
      name: 'beside a bridge of before the last start is',
      remains: { hasBridge: true, isRebooted: true },
      is: true,
    },
  ])('$name', ({ remains, is }) => {
    expect(found({ ...remains, reservations })).toEqual(is ? ['reservation 10.0.0.2'] : [])
  })

  it('of an old version has no interface’s name: any of the container counts', () => {
    const old = [{ ...reservation, content: 'pod' }]
    expect(found({ reservations: old, links: [link] })).toEqual([])
    expect(found({ reservations: old })).toHaveLength(1)
    expect(found({ reservations: old, links: [{ ...link, alias: 'podway net pod2/eth0' }] })).toHaveLength(1)
  })

  it('that was made anew is another one', () => {
    const keys = ['1:2 3', '1:2 4', '1:9 3'].map(
      (identity) => findGarbage({ ...nothing, reservations: [{ ...reservation, identity }] })[0]?.key,
    )
    expect(new Set(keys).size).toBe(3)
  })

  it('needs a runtime’s word beside a bridge, which takes longer', () => {
    const evidence = (remains: Partial<Remains>): unknown =>
      findGarbage({ ...nothing, reservations, ...remains })[0]?.evidence
    expect(evidence({})).toBe('kernel')
    expect(evidence({ hasBridge: true, containers: ['x'] })).toBe('runtime')
  })
})

describe('an interface', () => {
  it.each([
    { name: 'is not, where no runtime was asked', containers: undefined, one: link, is: false },
    { name: 'is not, where its container is known', containers: ['pod'], one: link, is: false },
    { name: 'is, where it is not', containers: ['other'], one: link, is: true },
    {
      name: 'of another network is not',
      containers: ['x'],
      one: { ...link, alias: 'podway net2 pod/eth0' },
      is: false,
    },
    { name: 'of nobody we know is not', containers: ['x'], one: { ...link, alias: undefined }, is: false },
  ])('$name', ({ containers, one, is }) => {
    expect(found({ containers, links: [one] })).toEqual(is ? [`link ${link.name}`] : [])
  })

  it('of an ADD that was killed is known by the name that its reservation gives', () => {
    const unfinished = { ...link, up: false, alias: undefined }
    expect(found({ containers: ['x'], links: [unfinished], reservations: [reservation] })).toEqual([
      `link ${link.name}`,
    ])
  })
})

describe('a result', () => {
  it.each([
    { name: 'of nothing is garbage', remains: {}, is: true },
    {
      name: 'with a reservation is not',
      remains: { reservations: [reservation], containers: ['pod'] },
      is: false,
    },
    { name: 'with an interface is not', remains: { links: [link] }, is: false },
    { name: 'whose container a runtime has is not', remains: { containers: ['pod'] }, is: false },
  ])('$name', ({ remains, is }) => {
    expect(found({ ...remains, results: [result] })).toEqual(is ? ['result net-pod-eth0'] : [])
  })
})

describe('rules of a pod', () => {
  it('are garbage without its interface, whatever was cut off of their comment', () => {
    expect(found({ rules: [alias] })).toEqual([`rule ${alias}`])
    expect(found({ rules: [alias], links: [link] })).toEqual([])
    expect(found({ rules: [alias], links: [{ ...link, kind: 'ifb' }] })).toEqual([`rule ${alias}`])
    expect(found({ rules: [alias.slice(0, -2)], links: [link] })).toEqual([])
    expect(found({ rules: [alias], containers: ['pod'] })).toEqual([])
  })
})
