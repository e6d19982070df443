import { expect, test } from 'vitest'
import { allows } from './allows.ts'
import type { WirePermission } from './wire.ts'

const write = 'Microsoft.Network/routeTables/write'

test.each<[what: string, permissions: readonly WirePermission[], expected: boolean]>([
  ['no role', [], false],
  ['the action', [{ actions: [write] }], true],
  ['another one', [{ actions: ['Microsoft.Network/routeTables/read'] }], false],
  ['in another case', [{ actions: ['microsoft.network/ROUTETABLES/write'] }], true],
  ['an Owner', [{ actions: ['*'], notActions: [] }], true],
  ['a Reader', [{ actions: ['*/read'] }], false],
  ['a Network Contributor', [{ actions: ['Microsoft.Network/*', 'Microsoft.Insights/alertRules/*'] }], true],
  ['a pattern in the middle', [{ actions: ['Microsoft.*/routeTables/write'] }], true],
  ['a dot is a dot', [{ actions: ['MicrosoftXNetwork/routeTables/write'] }], false],
  ['what is left out', [{ actions: ['*'], notActions: ['Microsoft.Network/routeTables/*'] }], false],
  [
    'what one leaves out and another has',
    [{ actions: ['*'], notActions: ['Microsoft.Network/*'] }, { actions: [write] }],
    true,
  ],
  ['nothing said', [{}], false],
])('%s', (_what, permissions, expected) => {
  expect(allows(permissions, write)).toBe(expected)
})
