import { describe, expect, test } from 'vitest'
import { readOptions } from './options.ts'

describe('readOptions', () => {
  test.each([
    { args: ['cni'], expected: { bench: 'cni', rounds: 60, nodes: 200, json: false, check: false } },
    {
      args: ['controller'],
      expected: { bench: 'controller', rounds: 50, nodes: 200, json: false, check: false },
    },
    {
      args: ['--rounds', '3', 'cni', '--json', '--check'],
      expected: { bench: 'cni', rounds: 3, nodes: 200, json: true, check: true },
    },
    {
      args: ['controller', '--nodes=20'],
      expected: { bench: 'controller', rounds: 50, nodes: 20, json: false, check: false },
    },
    { args: ['cni', '--help'], expected: 'help' },
    { args: ['-h'], expected: 'help' },
  ])('$args', ({ args, expected }) => {
    expect(readOptions(args)).toEqual(expected)
  })

  test.each([
    {
      name: 'nothing to measure',
      args: [],
      message: 'nothing to measure: expected one of cni, controller, google',
    },
    { name: 'an unknown bench', args: ['disk'], message: 'disk to measure' },
    { name: 'two benches', args: ['cni', 'controller'], message: 'cni controller to measure' },
    { name: 'an unknown flag', args: ['cni', '--fast'], message: '--fast' },
    { name: 'no rounds', args: ['cni', '--rounds', '0'], message: '--rounds=0' },
    { name: 'half a round', args: ['cni', '--rounds', '1.5'], message: '--rounds=1.5' },
    { name: 'words for rounds', args: ['cni', '--rounds', 'many'], message: '--rounds=many' },
    { name: 'empty rounds', args: ['cni', '--rounds='], message: '--rounds=' },
    { name: 'too many rounds', args: ['cni', '--rounds', '401'], message: 'from 1 to 400' },
    { name: 'rounds in hexadecimal', args: ['cni', '--rounds', '0x10'], message: '--rounds=0x10' },
    { name: 'no nodes', args: ['controller', '--nodes', '0'], message: '--nodes=0' },
    { name: 'nodes for what has none', args: ['cni', '--nodes', '2'], message: 'for controller only' },
  ])('$name', ({ args, message }) => {
    expect(() => readOptions(args)).toThrow(message)
  })
})
