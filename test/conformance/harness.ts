import { expect } from 'vitest'
import type { Family } from '../../net/address.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import type { ErrorClass } from '../../providers/errors.ts'
import type { Change, Outcome } from '../../providers/provider.ts'
import type { ObservedRoute, Table, Target } from '../../providers/route.ts'
import type { ProviderWorld, WorldNode } from './provider-world.ts'

export const v4 = parseCidr('10.244.3.0/24')
export const v6 = parseCidr('fd00:10:244:3::/64')
export const other = parseCidr('10.244.4.0/24')
export const ofFamily = (family: Family): Cidr => (family === 4 ? v4 : v6)

/** What a route of that destination to the node points at. */
export const targetFor = (
  { target, target6 = target }: WorldNode,
  { family }: Pick<Cidr, 'family'>,
): Target => (family === 6 ? target6 : target)

/** The signal of calls that nobody aborts. */
export const signal = new AbortController().signal

/** Declares one test; its title is what a `Deviation` names. The world is made for it alone. */
export type Declare = (title: string, run: (world: ProviderWorld) => Promise<void>) => void

export const done = { result: 'done' } as const
export const prepared = (changed: boolean): unknown => ({ result: 'done', changed })
export const failed = (errorClass: ErrorClass): unknown => ({
  result: 'failed',
  error: expect.objectContaining({ name: 'ProviderError', class: errorClass }) as unknown,
})

export async function list(world: ProviderWorld, table: Table): Promise<readonly ObservedRoute[]> {
  return (await world.provider.list(table, signal)).routes
}

/** The only route of that destination, if there is one. */
export async function at(
  world: ProviderWorld,
  table: Table,
  destination: Cidr,
): Promise<ObservedRoute | undefined> {
  const key = formatCidr(destination)
  const found = (await list(world, table)).filter((route) => formatCidr(route.destination) === key)
  expect(found.length, `routes to ${key}`).toBeLessThanOrEqual(1)
  return found[0]
}

export function apply(world: ProviderWorld, table: Table, ...changes: Change[]): Promise<readonly Outcome[]> {
  return world.provider.apply(table, { changes }, signal)
}

export function create(
  world: ProviderWorld,
  table: Table,
  destination: Cidr,
  target: Target,
): Promise<readonly Outcome[]> {
  return apply(world, table, { op: 'create', destination, target })
}

/** How many writes the provider sent meanwhile. */
export async function writesDuring(world: ProviderWorld, work: () => Promise<unknown>): Promise<number> {
  const before = world.writes()
  await work()
  return world.writes() - before
}
