import { afterAll, beforeAll, describe } from 'vitest'
import { ApiFixture } from './cases/api-fixture.ts'
import { compactionCases } from './cases/compaction.cases.ts'
import { customResourceCases } from './cases/custom-resources.cases.ts'
import { eventCases } from './cases/events.cases.ts'
import { leaseAndEventCases } from './cases/leases-and-events.cases.ts'
import { listCases } from './cases/lists.cases.ts'
import { objectCases } from './cases/objects.cases.ts'
import { otherPathCases } from './cases/other-paths.cases.ts'
import { podCidrCases } from './cases/pod-cidrs.cases.ts'
import { updateCases } from './cases/updates.cases.ts'
import { watchCases } from './cases/watches.cases.ts'
import { type ApiTarget, WireClient } from './wire-client.ts'

/** How a suite comes by the API server that it judges. */
export interface ApiUnderTest {
  readonly name: string
  readonly start: () => Promise<CompactingTarget>
}

export interface CompactingTarget extends ApiTarget {
  /** The history until now is forgotten. */
  compact(): Promise<void>
  stop(): Promise<void>
}

/** The behaviour that clients rely on, by plain HTTP: the same cases for the simulator and for a real API server. */
export function describeKubernetesApi({ name, start }: ApiUnderTest): void {
  describe(`Kubernetes API: ${name}`, () => {
    const api = new ApiFixture()
    let compact: () => Promise<void>
    let stop: () => Promise<void>

    beforeAll(async () => {
      const target = await start()
      const client = new WireClient(target)
      api.connect(client)
      compact = () => target.compact()
      stop = async () => {
        await client.close()
        await target.stop()
      }
    })
    afterAll(() => stop())

    objectCases(api)
    updateCases(api)
    podCidrCases(api)
    listCases(api)
    watchCases(api)
    leaseAndEventCases(api)
    eventCases(api)
    customResourceCases(api)
    otherPathCases(api)
    compactionCases(api, () => compact())
  })
}
