import { containsCidr, formatCidr, overlaps, parseCidr } from '../../../net/cidr.ts'
import type { Call } from '../../simulators/gce/call-log.ts'
import type { Estate } from '../../simulators/gce/estate.ts'
import type { AliasRange, Instance } from '../../simulators/gce/state.ts'
import type { Machine } from '../chaos-cloud.ts'
import { type RouteChange, people } from '../journal.ts'
import { poolRange } from '../story/other-hands.ts'

/** Of the secondary range from which nodes get podCIDRs. */
export const podRangeName = 'pods'

/** Secondary ranges of the first network's subnet; the second one is for what is no pod. */
export const secondaryRanges = { [podRangeName]: poolRange, services: '10.245.0.0/20' } as const

/** What an operation has asked for: who, and when it was sent. */
interface Asked {
  readonly by: string
  readonly sentAt: number
}

interface Delivered {
  readonly destination: string
  readonly instance: string
}

export interface AliasRangesParts {
  readonly estate: Estate
  /** The network whose interfaces have alias ranges, which all of its machines' first ones are in. */
  readonly network: string
  readonly table: string
  /** Of those that were launched for the cluster. */
  readonly machines: () => readonly string[]
  /** Launches a machine that is none of the cluster's. */
  readonly stranger: () => string
  readonly note: (by: string, sentAt: number | undefined, change: RouteChange) => void
}

const nicName = 'nic0'

/** The alias ranges of a network's interfaces as routes, which everybody but podway changes at once. */
export class AliasRanges {
  readonly table: string
  readonly #parts: AliasRangesParts
  /** What the journal says that there is, by destination. */
  #there = new Map<string, Delivered>()
  /** Who has asked last for a change of that instance's interface. */
  readonly #asked = new Map<string, Asked>()
  #stranger: string | undefined
  #edits = 0
  /** So many of the next writes come too late by a moment. */
  #toCome = 0

  constructor(parts: AliasRangesParts) {
    this.#parts = parts
    this.table = parts.table
  }

  /** What a call wants to become of alias ranges, if it was taken on. */
  asks({ body, executed, method, parameters }: Call, asked: Asked): readonly RouteChange[] {
    if (method !== 'instances.updateNetworkInterface' || !executed) return []
    const { instance = '', project = '', zone = '' } = parameters
    const path = `projects/${project}/zones/${zone}/instances/${instance}`
    this.#asked.set(path, asked)
    const { aliasIpRanges: wanted = [] } = JSON.parse(body) as {
      readonly aliasIpRanges?: readonly { readonly ipCidrRange: string }[]
    }
    const after = wanted.map(({ ipCidrRange }) => ipCidrRange)
    const before = this.#aliasesOf(path).map(({ range }) => formatCidr(range))
    const only = (some: readonly string[], others: readonly string[]): readonly Delivered[] =>
      some
        .filter((destination) => !others.includes(destination))
        .map((destination) => ({ destination, instance: path }))
    return [
      ...only(before, after).map((one) => this.#change('delete', one)),
      ...only(after, before).map((one) => this.#change('create', one)),
    ]
  }

  /** Puts down what has become of them since it was last looked; `by`: whose doing all of it is. */
  settle(by?: string): void {
    const before = this.#there
    const now = new Map(this.#delivered().map((one) => [one.destination, one]))
    this.#there = now
    const isSame = (a: Delivered, b: Delivered | undefined): boolean => a.instance === b?.instance
    for (const [key, one] of before) if (!isSame(one, now.get(key))) this.#note('delete', one, by)
    for (const [key, one] of now) if (!isSame(one, before.get(key))) this.#note('create', one, by)
  }

  /** `destination target`, sorted. */
  routes(): readonly string[] {
    return this.#delivered()
      .map(({ destination, instance }) => `${destination} ${instance}`)
      .sort()
  }

  delete(destination: string): boolean {
    const there = this.#at(destination)
    return there !== undefined && this.#edit(there.instance, without(destination))
  }

  move(destination: string, { targets }: Machine): 'changed' | false {
    const there = this.#at(destination)
    const range = this.#secondary(destination)
    if (there === undefined || range === undefined || this.#isBusy(targets.v4)) return false
    if (!this.#edit(there.instance, without(destination))) return false
    return this.#edit(targets.v4, (all) => [...all, range]) ? 'changed' : false
  }

  /** To a machine of nobody's, or to that one. Google gives no range that another one meets. */
  add(destination: string, machine: Machine | undefined): boolean {
    const range = this.#secondary(destination)
    if (range === undefined) return false
    const meets = (other: Delivered): boolean => overlaps(parseCidr(other.destination), range.range)
    if (this.#delivered().some(meets)) return false
    const instance = machine?.targets.v4 ?? (this.#stranger ??= this.#parts.stranger())
    return this.#edit(instance, (all) => [...all, range])
  }

  /**
   * Somebody gives an interface of the cluster a range that is not for pods, or takes it away again; and others, as soon as
   * somebody is about to write them, having looked.
   */
  edit(): void {
    const { estate, machines } = this.#parts
    const all = machines().filter((path) => estate.has(path))
    const path = all[this.#edits % Math.max(1, all.length)]
    if (path !== undefined) this.#toggle(path)
    this.#toCome = 1 + (this.#edits % 4)
  }

  /** Nobody edits any more. */
  calm(): void {
    this.#toCome = 0
  }

  /** To be told of a request before it is carried out. */
  arrives(target: string): void {
    const [, path] =
      /(projects\/[^/]+\/zones\/[^/]+\/instances\/[^/]+)\/updateNetworkInterface/.exec(target) ?? []
    if (path === undefined || this.#toCome === 0) return
    this.#toCome--
    this.#toggle(path)
  }

  #toggle(path: string): void {
    const isOther = ({ rangeName }: AliasRange): boolean => rangeName !== podRangeName
    const own = parseCidr(`10.245.${this.#edits++ % 16}.0/28`)
    const isTaken = this.#at(formatCidr(own)) !== undefined
    this.#edit(path, (there) => [
      ...there.filter((one) => !isOther(one)),
      ...(isTaken || there.some(isOther) ? [] : [{ range: own, rangeName: 'services' }]),
    ])
  }

  /** Where an operation is at work, Google lets nobody else at it. */
  #edit(path: string, change: (all: readonly AliasRange[]) => readonly AliasRange[]): boolean {
    const { estate } = this.#parts
    if (!estate.has(path) || this.#isBusy(path)) return false
    const wish = change(this.#aliasesOf(path)).map(({ range, rangeName }) => ({
      range: formatCidr(range),
      ...(rangeName === undefined ? {} : { rangeName }),
    }))
    this.settle()
    estate.setAliases(path, nicName, wish)
    this.settle(people)
    return true
  }

  #isBusy(path: string): boolean {
    return this.#parts.estate.isBusy(path)
  }

  #at(destination: string): Delivered | undefined {
    return this.#delivered().find((one) => one.destination === destination)
  }

  #delivered(): readonly Delivered[] {
    const { estate, network } = this.#parts
    return estate
      .instances()
      .flatMap(({ interfaces, path }: Instance) =>
        interfaces
          .filter((nic) => nic.network === network)
          .flatMap(({ aliases }) =>
            aliases.map(({ range }) => ({ destination: formatCidr(range), instance: path })),
          ),
      )
  }

  #aliasesOf(path: string): readonly AliasRange[] {
    const { estate } = this.#parts
    if (!estate.has(path)) return []
    return estate.instance(path).interfaces.find(({ name }) => name === nicName)?.aliases ?? []
  }

  #note(op: 'create' | 'delete', one: Delivered, by: string | undefined): void {
    const asked = by === undefined ? this.#asked.get(one.instance) : undefined
    this.#parts.note(asked?.by ?? people, asked?.sentAt, this.#change(op, one))
  }

  #change(op: 'create' | 'delete', { destination, instance }: Delivered): RouteChange {
    return { op, table: this.table, destination, target: instance }
  }

  #secondary(destination: string): AliasRange | undefined {
    const range = parseCidr(destination)
    const [found] = Object.entries(secondaryRanges).filter(([, within]) =>
      containsCidr(parseCidr(within), range),
    )
    return found && { range, rangeName: found[0] }
  }
}

const without =
  (destination: string) =>
  (all: readonly AliasRange[]): readonly AliasRange[] =>
    all.filter(({ range }) => formatCidr(range) !== destination)
