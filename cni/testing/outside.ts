import { type TestNode, ip } from './world.ts'

/** Hosts of other networks, behind the node's uplink. They know no way to pods. */
export const [outside4, outside6] = ['203.0.113.10', '2001:db8:ffff::10'] as const
/** The node's own addresses on that uplink, and those of the router on it. */
export const [node4, node6] = ['192.0.2.10', '2001:db8:9::10'] as const
export const [router4, router6] = ['192.0.2.1', '2001:db8:9::1'] as const

/** Gives the node an uplink (`uplink0`), and at its other end a namespace with those hosts, and more: its name. */
export function makeOutside(testNode: TestNode, ...more: readonly string[]): string {
  const { name } = testNode.pod('outside')
  ip(undefined, 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  for (const [netns, dev, number] of [
    [undefined, 'uplink0', 10],
    [name, 'eth0', 1],
  ] as const) {
    ip(netns, 'link', 'set', dev, 'addrgenmode', 'none')
    ip(netns, 'addr', 'add', `192.0.2.${number}/24`, 'dev', dev)
    ip(netns, 'addr', 'add', `2001:db8:9::${number}/64`, 'dev', dev, 'nodad')
    ip(netns, 'addr', 'add', `fe80::${number}/64`, 'dev', dev, 'nodad')
    ip(netns, 'link', 'set', dev, 'up')
  }
  ip(name, 'link', 'set', 'lo', 'up')
  for (const address of [outside4, outside6, ...more]) {
    const [length, router] = address.includes(':') ? [128, router6] : [32, router4]
    ip(name, 'addr', 'add', `${address}/${length}`, 'dev', 'lo')
    ip(undefined, 'route', 'add', `${address}/${length}`, 'via', router)
  }
  return name
}
