import { createLinuxWorld } from '../../test/conformance/linux-world.ts'
import { type Deviation, describeProvider } from '../../test/conformance/provider.case.ts'

const because = (reason: string, tests: readonly string[]): readonly Deviation[] =>
  tests.map((test) => ({ test, reason }))

describeProvider({
  name: "Linux on a kernel's own table, through podway-cni serve",
  make: createLinuxWorld,
  deviations: [
    ...because('a machine has one main table, which is always there', [
      'all tables of the cluster are found, sorted by id',
      'each table holds its own routes',
      'a table that is gone is not-found',
    ]),
    ...because('a node is nothing but its addresses: no instance stands behind a provider ID, or is gone', [
      'a node is found by its provider ID, whatever its name and addresses',
      'an instance that is terminated or unknown is gone',
      'one unknown node among many spoils no other',
    ]),
    ...because(
      'a gateway is of the family of the destination, so a node has a target of each family for itself',
      ['a node without provider ID is found by an IPv6 address alone'],
    ),
    ...because('whether a node forwards is its own doing, and nobody else can change it', [
      'targets forward after prepare; the second time changes nothing',
      'prepare: one target that is gone spoils no other',
    ]),
    ...because('a kernel has no budget and no quota: it never says so', [
      'create, throttled: throttled after one attempt, and done the next time',
      'create, quota: quota after one attempt, and done the next time',
      'replace, throttled: throttled after one attempt, and done the next time',
      'list, throttled: rejects as throttled, and works the next time',
    ]),
  ],
})
