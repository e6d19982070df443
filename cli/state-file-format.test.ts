import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import type { LedgerRecord } from '../reconciler/ledger/record.ts'
import { formatState, parseState } from './state-file-format.ts'

const arbitraryText = fc.string({ unit: 'grapheme', maxLength: 12 })
const arbitraryTarget = fc.record({
  kind: fc.constantFrom('eni', 'instance', 'address', 'other'),
  id: arbitraryText,
})
const arbitraryRecord: fc.Arbitrary<LedgerRecord> = fc.record(
  {
    destination: fc.nat(255).map((n) => parseCidr(`10.244.${n}.0/24`)),
    node: fc.record({ name: arbitraryText, uid: arbitraryText }, { noNullPrototype: true }),
    target: arbitraryTarget,
    previousTargets: fc.array(arbitraryTarget, { maxLength: 2 }),
    tables: fc.uniqueArray(arbitraryText, { maxLength: 3 }).map((ids) => ids.sort()),
    states: fc
      .uniqueArray(arbitraryText, { maxLength: 3 })
      .map(
        (ids) =>
          new Map(
            ids
              .sort()
              .map((id) => [
                id,
                { state: 'Failed', reason: id, message: id, since: id, written: id > 'm' } as const,
              ]),
          ),
      ),
    released: arbitraryText,
  },
  {
    requiredKeys: ['destination', 'node', 'target', 'previousTargets', 'tables', 'states'],
    noNullPrototype: true,
  },
)

property.prop([fc.uniqueArray(arbitraryRecord, { selector: (one) => formatCidr(one.destination) })])(
  'what is formatted is parsed as it was, and formatted the same in any order',
  (records) => {
    const written = formatState(records)
    const parsed = parseState(written, 'file')
    expect(new Map(parsed.map((one) => [formatCidr(one.destination), one]))).toEqual(
      new Map(records.map((one) => [formatCidr(one.destination), one])),
    )
    expect(formatState(parsed.toReversed())).toBe(written)
  },
)

const entry = {
  metadata: { name: 'v4-10-244-3-0-24' },
  spec: {
    destination: '10.244.3.0/24',
    node: { name: 'node-1', uid: 'uid-1' },
    target: { kind: 'eni', id: 'eni-1' },
    tables: ['table-1'],
  },
  status: { tables: [] },
}
const withRoutes = (...routes: unknown[]): string =>
  JSON.stringify({ apiVersion: 'podway.dev/v1alpha1', kind: 'RouteState', routes })
const withSpec = (more: object): string => withRoutes({ ...entry, spec: { ...entry.spec, ...more } })

test('what the refused ones differ from', () => {
  expect(parseState(withRoutes(entry), 'file')).toHaveLength(1)
})

test.each<[name: string, content: string, problem: string]>([
  ['empty', '', 'Unexpected end of JSON input'],
  ['cut short', withRoutes(entry).slice(0, -9), 'JSON'],
  ['no object', '[]', 'no RouteState'],
  ['another kind', JSON.stringify({ apiVersion: 'podway.dev/v1alpha1', kind: 'List' }), 'no RouteState'],
  ['no version', '{"kind":"RouteState"}', 'no RouteState'],
  ['no routes', '{"kind":"RouteState","apiVersion":"podway.dev/v1alpha1"}', 'it has no routes'],
  ['a route of no shape', withRoutes({}), "routes[0] is not of a route's shape"],
  ['a route that is null', withRoutes(entry, null), "routes[1] is not of a route's shape"],
  ['a target without kind', withSpec({ target: { id: 'x' } }), 'routes[0] is not'],
  ['tables of no texts', withSpec({ tables: [1] }), 'routes[0] is not'],
  ['garbage for a destination', withSpec({ destination: 'x' }), 'routes[0]: invalid address'],
  ['host bits', withSpec({ destination: '10.244.3.1/24' }), 'the range is 10.244.3.0/24'],
  ['not canonical', withSpec({ destination: 'FD00::/64' }), 'routes[0] says more'],
  ['another name', withRoutes({ ...entry, metadata: { name: 'x' } }), 'routes[0] says more'],
  ['a field of a later podway', withSpec({ weight: 1 }), 'routes[0] says more'],
  ['a target of a later podway', withSpec({ target: { kind: 'hub', id: 'x' } }), 'routes[0] says more'],
  [
    'a foreign annotation',
    withRoutes({ ...entry, metadata: { name: 'v4-10-244-3-0-24', annotations: { x: '' } } }),
    'routes[0] is not',
  ],
  ['one destination twice', withRoutes(entry, entry), 'it has 10.244.3.0/24 twice'],
])('refused: %s', (_name, content, problem) => {
  const parse = (): unknown => parseState(content, 'file')
  expect(parse).toThrow(expect.objectContaining({ code: 'ERR_STATE_FILE_INVALID', path: 'file' }))
  expect(parse).toThrow(problem)
  expect(parse).toThrow('Restore it from a backup, or move it away')
})

test('refused: of a newer version', () => {
  const content = JSON.stringify({ apiVersion: 'podway.dev/v1beta1', kind: 'RouteState', items: [] })
  const parse = (): unknown => parseState(content, 'file')
  expect(parse).toThrow(expect.objectContaining({ code: 'ERR_STATE_FILE_VERSION', path: 'file' }))
  expect(parse).toThrow(/of podway\.dev\/v1beta1.*a newer one/)
})
