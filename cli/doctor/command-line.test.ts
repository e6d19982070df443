import { describe, expect, test } from 'vitest'
import type { Container } from './cluster.ts'
import { flagOf, isControllerOn, isOn, runs } from './command-line.ts'

const container = (more: Partial<Container>): Container => ({ name: 'c', ...more })

describe('which program a container runs', () => {
  const manager = 'cloud-controller-manager'
  test.each<[what: string, container: Container, is: boolean]>([
    ['by its command', container({ command: ['/bin/aws-cloud-controller-manager', '--v=2'] }), true],
    ['by its arguments', container({ args: ['/cloud-controller-manager', '--v=2'] }), true],
    [
      'within a shell’s script',
      container({ command: ['/bin/sh', '-c', 'exec /usr/local/bin/cloud-controller-manager --v=2 2>&1'] }),
      true,
    ],
    [
      'by its image',
      container({ image: 'r.example:5000/aws/cloud-controller-manager:v1.35.0', args: ['--v=2'] }),
      true,
    ],
    ['by its image and digest', container({ image: 'r.example/cloud-controller-manager@sha256:ab' }), true],
    ['by its name', container({ name: 'aws-cloud-controller-manager', args: ['--v=2'] }), true],
    ['another image', container({ image: 'r.example/cloud-controller-manager/tools:1' }), false],
    [
      'another command of that image',
      container({ image: `x/${manager}:1`, command: ['/bin/sleep', '1'] }),
      false,
    ],
    ['only a flag of the name', container({ command: ['/bin/x', `--for=${manager}`] }), false],
    ['nothing', container({}), false],
  ])('%s', (_, one, is) => {
    expect(runs(one, manager)).toBe(is)
  })
})

describe('flags', () => {
  test.each<[words: readonly string[], on: boolean]>([
    [[], true],
    [['--routes'], true],
    [['--routes=false'], false],
    [['-routes=0'], false],
    [['--routes=F'], false],
    [['--routes="false"'], false],
    [['--routes=true', '--routes=false'], false],
    [['--routes-too=false'], true],
  ])('%j: %j', (args, on) => {
    expect(isOn(container({ args }), 'routes', true)).toBe(on)
  })

  test('the value, of the last one', () => {
    expect(
      flagOf(
        container({ command: ['x', '--cloud-provider=aws'], args: ['--cloud-provider=external'] }),
        'cloud-provider',
      ),
    ).toBe('external')
  })

  test.each<[flag: string, on: boolean]>([
    ['*', true],
    ['*,-route', false],
    ['*,-route-controller', false],
    ['node,service', false],
    ['node,route-controller', true],
  ])('--controllers=%s: %j', (list, on) => {
    expect(
      isControllerOn(container({ args: [`--controllers=${list}`] }), ['route', 'route-controller']),
    ).toBe(on)
  })
})
