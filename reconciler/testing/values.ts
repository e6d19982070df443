import { parseAddress } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { ProviderError, type ErrorClass } from '../../providers/errors.ts'
import type { Outcome } from '../../providers/provider.ts'
import type { ObservedRoute, Target } from '../../providers/route.ts'
import type { LedgerRecord } from '../ledger/record.ts'
import type { RoutedNode } from '../plan/claims.ts'

export const destination: Cidr = parseCidr('10.244.3.0/24')

export const instance = (id: string): Target => ({ kind: 'instance', id })

export const observed = (target: Target, more: Partial<ObservedRoute> = {}): ObservedRoute => ({
  destination,
  target,
  state: 'active',
  origin: 'static',
  ...more,
})

/** Of `node-1`, in `table-1`. */
export const record = (more: Partial<LedgerRecord> = {}): LedgerRecord => ({
  destination,
  node: { name: 'node-1', uid: 'uid-1' },
  target: instance('node-1'),
  previousTargets: [],
  tables: ['table-1'],
  states: new Map(),
  ...more,
})

/** What the ledger says of `table-1` once our route was seen there. */
export const seenWritten: LedgerRecord['states'] = new Map([
  [
    'table-1',
    { state: 'Programmed', reason: 'Programmed', message: '', since: '2026-01-01T00:00:00Z', written: true },
  ],
])

export interface NodeFacts {
  readonly uid?: string
  readonly createdAt?: number
  readonly providerID?: string
  readonly addresses?: readonly string[]
}

export const routedNode = (name: string, podCIDRs: readonly string[], facts: NodeFacts = {}): RoutedNode => ({
  name,
  uid: facts.uid ?? `uid of ${name}`,
  createdAt: facts.createdAt ?? 0,
  ...(facts.providerID === undefined ? {} : { providerID: facts.providerID }),
  addresses: (facts.addresses ?? []).map(parseAddress),
  podCIDRs,
})

export const failure = (errorClass: ErrorClass, retryAfterMs?: number): ProviderError =>
  new ProviderError(errorClass, `it is ${errorClass}`, {
    code: 'Test',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

export const failed = (errorClass: ErrorClass): Outcome => ({ result: 'failed', error: failure(errorClass) })
