import { beforeEach, describe, expect, it } from 'vitest'
import { hostLocal } from '../ipam/host-local.ts'
import { encodeMessage } from '../netlink/message.ts'
import { callOf } from '../testing/call.ts'
import { hex } from '../testing/bytes.ts'
import { MemoryFiles, MemoryProcess, ScriptedNetlink, memorySystem } from '../testing/memory-system.ts'
import { makeBridge } from './bridge-add.ts'
import { addChain } from './chain.ts'
import { makeStacked } from './stacked-add.ts'

const Type = {
  error: 2,
  done: 3,
  link: 16,
  deleteLink: 17,
  getLink: 18,
  getAddress: 22,
  route: 24,
  getRoute: 26,
} as const
const typeOf = (request: Uint8Array): number => new DataView(request.buffer).getUint16(4, true)

/** What the kernel says of any link: up, index 2, of the kind, with the address that random numbers make. */
const linkOf = (kind: string): Uint8Array =>
  hex(`00 00 01 00 02 00 00 00 43 10 00 00 00 00 00 00
    09 00 03 00 65 74 68 30 00 00 00 00  08 00 05 00 07 00 00 00  05 00 10 00 06 00 00 00
    0a 00 01 00 0e 0e 0f 10 11 12 00 00  ${kind}`)
const bridge = linkOf('10 00 12 00 0b 00 01 00 62 72 69 64 67 65 00 00')
/** That an address of IPv6 is the machine's own: the local table has it. */
const local = Uint8Array.of(10, 128, 0, 0, 255, 2, 0, 2, 0, 0, 0, 0)

/** A kernel that grants everything but the request with that number (from 0). */
function kernel(refused?: number): ScriptedNetlink {
  let count = 0
  return new ScriptedNetlink((request) => {
    const sequence = new DataView(request.buffer).getUint32(8, true)
    const reply = (type: number, payload: Uint8Array): Uint8Array[] => [
      encodeMessage({ type, flags: 0, sequence, port: 0, payload }),
    ]
    const error = (errno: number): Uint8Array[] => {
      const payload = new Uint8Array(20)
      new DataView(payload.buffer).setInt32(0, -errno, true)
      return reply(Type.error, payload)
    }
    if (count++ === refused) return error(5)
    switch (typeOf(request)) {
      case Type.getLink:
        return reply(Type.link, bridge)
      case Type.getAddress:
        return reply(Type.done, new Uint8Array(4))
      case Type.getRoute:
        return reply(Type.route, local)
      default:
        return error(0)
    }
  })
}

let files: MemoryFiles
beforeEach(() => {
  files = new MemoryFiles()
  for (const folder of ['/run', '/run/netns', '/proc/self/ns']) files.folders.add(folder)
  files.contents.set('/run/netns/x', 'pod').set('/proc/self/ns/net', 'host')
  for (const name of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'])
    files.contents.set(`/proc/sys/net/${name}`, '1\n')
})

const ipam = {
  type: 'host-local',
  dataDir: '/data',
  ranges: [[{ subnet: '10.0.0.0/24' }], [{ subnet: 'fd00::/64' }]],
}

const reservations = (): string[] =>
  [...files.contents].filter(([, text]) => text === 'pod\r\neth0').map(([path]) => path)

describe.each([
  { name: 'bridge', make: () => makeBridge(hostLocal), fields: { isDefaultGateway: true } },
  { name: 'macvlan', make: () => makeStacked('macvlan', hostLocal), fields: { master: 'eth0' } },
  { name: 'ipvlan', make: () => makeStacked('ipvlan', hostLocal), fields: { master: 'eth0' } },
])('ADD of $name', ({ make, fields }) => {
  function attach(netlink: ScriptedNetlink): void {
    const system = memorySystem({ files, netlink, process: new MemoryProcess({}) })
    addChain(callOf({ ...fields, ipam }, { system, reference: true }), make())
  }

  /** Upstream leaves the pair or the ipvlan behind, and after some errors the address. */
  it('takes all that is the pod’s back, whichever request the kernel refuses', () => {
    const untouched = kernel()
    attach(untouched)
    const requests = untouched.sent.length
    expect(requests).toBeGreaterThan(8)
    expect(untouched.sent.map(typeOf)).not.toContain(Type.deleteLink)
    for (const path of reservations()) files.remove(path)
    const create = untouched.sent.findIndex((request) => typeOf(request) === Type.link)
    for (let refused = 0; refused < requests; refused++) {
      const netlink = kernel(refused)
      expect(() => attach(netlink), `request ${refused}`).toThrow()
      expect(reservations(), `request ${refused}`).toEqual([])
      // The link may be there although the kernel's answer says otherwise.
      if (refused >= create) expect(netlink.sent.map(typeOf)).toContain(Type.deleteLink)
    }
  })
})
