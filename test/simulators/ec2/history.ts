import type { State } from './state.ts'

/**
 * What the account had lately, for readings that lag behind
 * (https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html). Records are never changed, so that a copy
 * of the maps is a copy of all.
 */
export class History {
  readonly #keptMs: number
  /** Oldest first: what was so until then. */
  #past: { readonly until: number; readonly state: State }[] = []

  /** @param keptMs for how long the past is known; 0 for not at all */
  constructor(keptMs: number) {
    this.#keptMs = keptMs
  }

  /** To be called before something changes. */
  keep(state: State, now: number): void {
    if (this.#keptMs === 0) return
    this.#past = this.#past.filter(({ until }) => until > now - this.#keptMs)
    this.#past.push({ until: now, state: copyOf(state) })
  }

  /** Undefined if nothing has changed since that time. */
  at(time: number): State | undefined {
    return this.#past.find(({ until }) => until > time)?.state
  }
}

const copyOf = (state: State): State => ({
  vpcs: new Map(state.vpcs),
  subnets: new Map(state.subnets),
  routeTables: new Map(state.routeTables),
  associations: new Map(state.associations),
  internetGateways: new Map(state.internetGateways),
  networkInterfaces: new Map(state.networkInterfaces),
  instances: new Map(state.instances),
  tags: new Map(state.tags),
  cidrReservations: new Map(state.cidrReservations),
  securityGroups: new Map(state.securityGroups),
  networkAcls: new Map(state.networkAcls),
  peerings: new Map(state.peerings),
  newId: state.newId,
})
