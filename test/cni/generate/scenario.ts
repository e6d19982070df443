import fc from 'fast-check'
import type { PluginName, Scenario } from '../scenario.ts'
import { callOf } from './calls.ts'
import { configOf } from './config.ts'

const resolvConf =
  'nameserver 192.0.2.1\n# a comment\nsearch a.example b.example\n\toptions\tndots:2 rotate\ndomain a.example\n'

const reservation = fc.constantFrom('other\r\neth0', 'pod-0', 'pod-0\r\neth0', 'pod-1\r\neth0\r\n', 'x')
const lastReserved = fc.constantFrom('10.1.2.4', '10.1.2.6', 'fd00:1::5', 'fd00:2::2', '10.9.9.9', 'x')

/** What earlier calls have left, or other programs. */
const files = fc.oneof(
  { arbitrary: fc.constant({}), weight: 3 },
  {
    arbitrary: fc.record(
      {
        'data/net/10.1.2.2': reservation,
        'data/net/10.1.2.3': reservation,
        'data/net/10.1.2.4': reservation,
        'data/net/fd00:1::2': reservation,
        'data/net/note': reservation,
        'data/net/last_reserved_ip.0': lastReserved,
        'data/net/last_reserved_ip.1': lastReserved,
      },
      { requiredKeys: [] },
    ),
    weight: 1,
  },
)

/** A scenario of that plugin: mostly a sound one, with something wrong in it now and then. */
export const scenarioOf = (plugin: PluginName): fc.Arbitrary<Scenario> =>
  fc.record({
    plugin: fc.constant(plugin),
    files: files.map((some) => ({ ...some, 'resolv.conf': resolvConf })),
    config: configOf(plugin),
    calls: fc.array(callOf(plugin), { minLength: 1, maxLength: 5 }),
  })
