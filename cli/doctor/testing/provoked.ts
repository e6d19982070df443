import { expect } from 'vitest'
import type { FindingFacts } from '../../../providers/finding.ts'
import { type ClusterWorld, poolFlags } from './cluster-world.ts'

/** How one finding is provoked, and what it then says. */
export interface Case<World> {
  /** Spoils what is well. May return other flags, in an array, than those of a controller that allocates. */
  readonly provoke: (world: World) => unknown
  /** Without the severity and the code: what it is about. */
  readonly about: string | RegExp
  readonly says: RegExp
  readonly fix?: RegExp
}

export type Facts = Readonly<Record<string, FindingFacts>>

/** The codes of what is not as it should be: each needs a case. */
export type WrongCode<Table extends Facts> = {
  [Code in keyof Table]: Table[Code]['severity'] extends 'ok' ? never : Code
}[keyof Table]

/** Runs the command in a world where only that is wrong. */
export async function expectFinding<World extends Pick<ClusterWorld, 'examine' | 'manager'>>(
  world: World,
  facts: Facts,
  code: string,
  { about, fix, provoke, says }: Case<World>,
): Promise<void> {
  world.manager('--allocate-node-cidrs=false')
  const given = await provoke(world)
  const flags = Array.isArray(given) ? (given as readonly string[]) : poolFlags
  const ended = await world.examine(flags)
  const finding = ended.findings.find((one) => one.code === code && says.test(one.message))
  if (finding === undefined) throw new Error(JSON.stringify(ended.findings, undefined, 2))
  expect(`${finding.object.kind}/${finding.object.name}`).toMatch(about)
  expect(finding.severity).toBe(facts[code]?.severity)
  expect(finding.fix).toMatch(fix ?? /^[A-Z`a].*/)
  const errors = ended.findings.filter(({ severity }) => severity === 'error')
  expect(ended.code).toBe(errors.length > 0 ? 1 : 0)
}

/** Where nothing is wrong there is one finding for each thing that was examined. */
export async function expectAllWell(
  world: Pick<ClusterWorld, 'examine' | 'manager'>,
  facts: Facts,
): Promise<void> {
  world.manager('--allocate-node-cidrs=false')
  const { code, findings, stderr } = await world.examine()
  const well = Object.entries(facts).filter(([, { severity }]) => severity === 'ok')
  expect(findings.map((finding) => [finding.severity, finding.code])).toEqual(
    well.map(([name]) => ['ok', name]),
  )
  expect([code, stderr]).toEqual([0, `0 errors, 0 warnings, 0 unknown, ${well.length} ok.\n`])
}
