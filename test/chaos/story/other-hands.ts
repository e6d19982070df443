import { cidrAround, firstAddress, formatCidr, nthSubnet, parseCidr } from '../../../net/cidr.ts'
import type { ChaosCloud, Machine } from '../chaos-cloud.ts'
import type { Deed } from './step.ts'

/** Of the IPv4 pool of every world. */
export const poolRange = '10.244.0.0/16'

export interface OtherHandsParts {
  readonly cloud: ChaosCloud
  /** Of the cluster; by the number that a story has for it. */
  readonly tableAt: (index: number) => string
  /** Whose Nodes are there. */
  readonly machines: () => readonly Machine[]
}

/** What people do to routes, and which routes are theirs. */
export class OtherHands {
  readonly #cloud: ChaosCloud
  readonly #tableAt: (index: number) => string
  readonly #machines: () => readonly Machine[]
  readonly #foreign: { readonly table: string; readonly destination: string }[] = []

  constructor({ cloud, machines, tableAt }: OtherHandsParts) {
    this.#cloud = cloud
    this.#machines = machines
    this.#tableAt = tableAt
  }

  change({
    do: what,
    pick,
    table: index,
  }: Extract<Deed, { do: `${string}-route`; pick: number; table: number }>): void {
    const cloud = this.#cloud
    const table = this.#tableAt(index)
    const isForeign = (destination: string): boolean =>
      this.#foreign.some((one) => one.table === table && one.destination === destination)
    const destinations = cloud.routes(table).flatMap((route) => route.split(' ').slice(0, 1))
    const destination = nth(
      destinations.filter((one) => !isForeign(one)),
      pick,
    )
    if (destination === undefined) return
    const other = nth(this.#machines(), pick)
    const isReplaced =
      what === 'change-route' &&
      other !== undefined &&
      cloud.changeRoute(table, destination, other) === 'replaced'
    if (isReplaced) this.#foreign.push({ table, destination })
    if (what === 'delete-route' || what === 'take-route') cloud.deleteRoute(table, destination)
    if (what === 'take-route' && cloud.addForeignRoute(table, destination))
      this.#foreign.push({ table, destination })
  }

  add({ pick, table: index, where }: Extract<Deed, { do: 'foreign-route' }>): void {
    const table = this.#tableAt(index)
    const pool = parseCidr(poolRange)
    const block = nthSubnet(pool, 24, BigInt(Math.floor(pick * 20)))
    const destination = {
      next: block,
      inside: cidrAround(firstAddress(block), 26),
      around: cidrAround(firstAddress(block), 12),
    }[where]
    const text = formatCidr(destination)
    if (this.#cloud.addForeignRoute(table, text)) this.#foreign.push({ table, destination: text })
  }

  addRival({ pick, rank, table: index }: Extract<Deed, { do: 'rival-route' }>): void {
    const cloud = this.#cloud
    const table = this.#tableAt(index)
    const [destination] = nth(cloud.routes(table), pick)?.split(' ') ?? []
    const machine = nth(this.#machines(), pick)
    if (destination === undefined || machine === undefined) return
    if (cloud.addRival?.(table, destination, rank, machine) === true)
      this.#foreign.push({ table, destination })
  }

  /** To a destination of the story's own choice. */
  addTo(index: number, destination: string, machine: Machine | undefined): void {
    const table = this.#tableAt(index)
    if (this.#cloud.addForeignRoute(table, destination, machine)) this.#foreign.push({ table, destination })
  }

  deleteAll(): void {
    for (const { destination, table } of this.#foreign.splice(0)) this.#cloud.deleteRoute(table, destination)
  }
}

/** The one that a story picks; undefined if there is none. */
export const nth = <T>(all: readonly T[], pick: number): T | undefined => all[Math.floor(pick * all.length)]
