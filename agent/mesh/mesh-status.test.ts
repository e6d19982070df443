import { describe, expect, test } from 'vitest'
import { type MeshStatus, meshCondition } from './mesh-status.ts'

const running = (more: Partial<Extract<MeshStatus, { state: 'running' }>>): MeshStatus => ({
  state: 'running',
  wanted: 4,
  programmed: 4,
  problems: [],
  held: 0,
  hazards: [],
  ...more,
})
const problem = (n: number) =>
  ({ node: `node-${n}`, destination: `10.244.${n}.0/24`, reason: 'NotOnLink', message: 'no link' }) as const

describe('the condition MeshProgrammed', () => {
  test('is the same whatever the number of nodes, as long as all is well', () => {
    const one = meshCondition(running({}))
    expect(one).toMatchObject({ status: 'True', reason: 'RoutesProgrammed' })
    expect(meshCondition(running({ wanted: 6, programmed: 6 }))).toEqual(one)
  })

  test('names the first problems, and counts the others', () => {
    const status = running({ programmed: 0, problems: [2, 3, 4, 5].map(problem) })
    expect(meshCondition(status)).toEqual({
      status: 'False',
      reason: 'NotOnLink',
      message:
        "0 of 4 routes to other nodes' pods are in the kernel's table; 10.244.2.0/24 (node-2): no link; 10.244.3.0/24 (node-3): no link; 10.244.4.0/24 (node-4): no link; and 1 more",
    })
  })

  test('stays True where too much is routed, and says so', () => {
    const held = { ...problem(2), node: '', reason: 'DeleteBrake', message: 'held' } as const
    const condition = meshCondition(running({ problems: [held], held: 1 }))
    expect(condition).toMatchObject({ status: 'True', reason: 'RoutesProgrammed' })
    expect(condition.message).toContain('10.244.2.0/24: held')
  })

  test('tells what endangers the routes', () => {
    expect(meshCondition(running({ hazards: ['networkd removes them'] })).message).toContain(
      'networkd removes them',
    )
  })

  test.each([
    [{ state: 'waiting', reason: 'KernelUnavailable', message: 'm' }, 'Unknown'],
    [{ state: 'refused', reason: 'NoSegment', message: 'm' }, 'False'],
  ] as const)('%j: %s', (status, wanted) => {
    expect(meshCondition(status)).toEqual({ status: wanted, reason: status.reason, message: 'm' })
  })
})
