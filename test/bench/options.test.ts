import { describe, expect, test } from 'vitest'
import { usualClusters } from './controller/cluster-size.ts'
import { readOptions } from './options.ts'

describe('readOptions', () => {
  test.each([
    { args: ['cni'], expected: { bench: 'cni', rounds: 60, json: false, check: false } },
    {
      args: ['controller'],
      expected: { bench: 'controller', rounds: 200, clusters: usualClusters, steady: 360, json: false },
    },
    { args: ['--rounds', '3', 'cni', '--json', '--check'], expected: { rounds: 3, json: true, check: true } },
    { args: ['controller', '--clusters', 'none', '--steady=5'], expected: { clusters: [], steady: 5 } },
    {
      args: ['controller', '--clusters=20x2,30x1-rival'],
      expected: {
        clusters: [
          { name: '20x2', nodes: 20, tables: 2, hasRival: false },
          { name: '30x1-rival', nodes: 30, tables: 1, hasRival: true },
        ],
      },
    },
    { args: ['azure'], expected: { bench: 'azure', nodes: 400, json: false, check: false } },
  ])('$args', ({ args, expected }) => {
    expect(readOptions(args)).toMatchObject(expected)
  })

  test.each([[['cni', '--help']], [['-h']]])('%j', (args) => expect(readOptions(args)).toBe('help'))

  test.each([
    {
      name: 'nothing to measure',
      args: [],
      message: 'nothing to measure: expected one of cni, chain, controller, azure, google, mesh',
    },
    { name: 'an unknown bench', args: ['disk'], message: 'disk to measure' },
    { name: 'two benches', args: ['cni', 'controller'], message: 'cni controller to measure' },
    { name: 'an unknown flag', args: ['cni', '--fast'], message: '--fast' },
    { name: 'no rounds', args: ['cni', '--rounds', '0'], message: '--rounds=0' },
    { name: 'half a round', args: ['cni', '--rounds', '1.5'], message: '--rounds=1.5' },
    { name: 'words for rounds', args: ['cni', '--rounds', 'many'], message: '--rounds=many' },
    { name: 'empty rounds', args: ['cni', '--rounds='], message: '--rounds=' },
    { name: 'too many rounds', args: ['cni', '--rounds', '1001'], message: 'from 1 to 1000' },
    { name: 'rounds in hexadecimal', args: ['cni', '--rounds', '0x10'], message: '--rounds=0x10' },
    { name: 'no nodes', args: ['azure', '--nodes', '0'], message: '--nodes=0' },
    { name: 'nodes for what has none', args: ['cni', '--nodes', '2'], message: 'for azure and mesh only' },
    { name: 'no cluster', args: ['controller', '--clusters', '0x1'], message: '--clusters=0x1' },
    { name: 'no clusters', args: ['controller', '--clusters='], message: '--clusters=: expected' },
    {
      name: 'clusters for what has none',
      args: ['cni', '--clusters', '2x1'],
      message: 'for controller only',
    },
    { name: 'a rest for what has none', args: ['cni', '--steady', '2'], message: 'for controller only' },
  ])('$name', ({ args, message }) => {
    expect(() => readOptions(args)).toThrow(message)
  })
})
