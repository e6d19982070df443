import type { State } from './state.ts'

/** What the projects had lately, for readings that lag behind. Records are never changed, so that a copy of the maps is a copy of all. */
export class History {
  readonly #keptMs: number
  /** Oldest first: what was so until then. */
  #past: { readonly until: number; readonly state: State }[] = []

  /** @param keptMs for how long the past is known; 0 for not at all */
  constructor(keptMs: number) {
    this.#keptMs = keptMs
  }

  /** To be called before something may change. */
  keep(state: State, now: number): void {
    if (this.#keptMs === 0) return
    this.#past = this.#past.filter(({ until }) => until > now - this.#keptMs)
    const { instances, networks, routes, subnetworks } = state
    const copies = {
      instances: new Map(instances),
      networks: new Map(networks),
      routes: new Map(routes),
      subnetworks: new Map(subnetworks),
    }
    this.#past.push({ until: now, state: { ...state, ...copies } })
  }

  /** Undefined if nothing has changed since that time. What operations there are is always known. */
  at(time: number): State | undefined {
    return this.#past.find(({ until }) => until > time)?.state
  }
}
