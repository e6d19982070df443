import { Gauge, Registry } from 'prom-client'
import type { Family } from '../../net/address.ts'

/** What the controller counts and measures, for Prometheus. `docs/reference/metrics.md` lists it. */
export class ControllerMetrics {
  readonly registry = new Registry()
  readonly #routes = new Gauge({
    name: 'podway_table_routes',
    help: 'Routes in a route table that count against its limit, whoever made them.',
    labelNames: ['table', 'family'],
    registers: [this.registry],
  })
  readonly #limit = new Gauge({
    name: 'podway_table_route_limit',
    help: 'How many routes of a family a route table takes.',
    labelNames: ['table', 'family'],
    registers: [this.registry],
  })

  /** @param held asked when the metrics are read: how many deletes, and how many conditions, the brake holds */
  constructor(held: { readonly deletes: () => number; readonly conditions: () => number }) {
    for (const [name, help, count] of [
      [
        'podway_brake_held_deletes',
        'Destinations whose routes the brake keeps from being deleted.',
        held.deletes,
      ],
      [
        'podway_brake_held_conditions',
        'Nodes whose NetworkUnavailable the brake keeps False.',
        held.conditions,
      ],
    ] as const) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(count())
        },
      })
    }
  }

  tableFilled(table: string, family: Family, used: number, limit: number): void {
    const labels = { table, family: `ipv${family}` }
    this.#routes.set(labels, used)
    this.#limit.set(labels, limit)
  }

  /** A series of a table that is gone would be reported for ever. */
  tableGone(table: string): void {
    for (const family of ['ipv4', 'ipv6']) {
      this.#routes.remove({ table, family })
      this.#limit.remove({ table, family })
    }
  }
}
