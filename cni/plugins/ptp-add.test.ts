import { beforeEach, describe, expect, it } from 'vitest'
import { encodeMessage } from '../netlink/message.ts'
import { callOf } from '../testing/call.ts'
import { MemoryFiles, MemoryProcess, ScriptedNetlink, memorySystem } from '../testing/memory-system.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { addChain } from './chain.ts'
import { makePtp } from './ptp-add.ts'

const Type = { createLink: 16, deleteLink: 17, getLink: 18, getRoute: 26 } as const
const typeOf = (request: Uint8Array): number => new DataView(request.buffer).getUint16(4, true)

/** What the kernel answers to a question for an end: index 2, the other end 7, the address that random numbers 13 to 18 make. */
const linkAnswer = Uint8Array.of(
  ...[0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[9, 0, 3, 0, 0x65, 0x74, 0x68, 0x30, 0, 0, 0, 0],
  ...[8, 0, 5, 0, 7, 0, 0, 0],
  ...[10, 0, 1, 0, 14, 14, 15, 16, 17, 18, 0, 0],
)

/** That an address of IPv6 is the machine's own: the local table has it. */
const localAnswer = Uint8Array.of(10, 128, 0, 0, 255, 2, 0, 2, 0, 0, 0, 0)

/** A kernel that grants everything but the request with that number (from 0), and knows the link once it is made. */
function kernel(refused?: number): ScriptedNetlink {
  let count = 0
  let made = false
  return new ScriptedNetlink((request) => {
    const sequence = new DataView(request.buffer).getUint32(8, true)
    const reply = (type: number, payload: Uint8Array): Uint8Array[] => [
      encodeMessage({ type, flags: 0, sequence, port: 0, payload }),
    ]
    const error = (errno: number): Uint8Array[] => {
      const payload = new Uint8Array(20)
      new DataView(payload.buffer).setInt32(0, -errno, true)
      return reply(2, payload)
    }
    const type = typeOf(request)
    // The pair is there even if the answer gets lost: the harder case.
    if (type === Type.createLink) made = true
    if (count++ === refused) return error(5)
    if (type === Type.getLink) return made ? reply(16, linkAnswer) : error(19)
    if (type === Type.getRoute) return reply(24, localAnswer)
    return error(0)
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

const process = new MemoryProcess({})

function attach(netlink: ScriptedNetlink, out = new MemoryProcess({})): void {
  const ipam = {
    type: 'host-local',
    dataDir: '/data',
    ranges: [[{ subnet: '10.0.0.0/24' }], [{ subnet: 'fd00::/64' }]],
  }
  const system = memorySystem({ files, netlink, process: out })
  addChain(callOf({ ipam }, { system, reference: true }), makePtp(hostLocal))
}

const reservations = (): string[] =>
  [...files.contents].filter(([, text]) => text === 'pod\r\neth0').map(([path]) => path)

describe('ADD', () => {
  it('makes both ends with its first message, and asks for nothing but that one link', () => {
    const netlink = kernel()
    attach(netlink, process)
    const types = netlink.sent.map(typeOf)
    expect(types[0]).toBe(Type.createLink)
    expect(types.filter((type) => type === Type.createLink)).toHaveLength(1)
    expect(types.filter((type) => type === Type.getLink)).toHaveLength(1)
    expect(types).not.toContain(Type.deleteLink)
    expect(reservations()).toEqual(['/data/net/10.0.0.2', '/data/net/fd00::2'])
    expect(JSON.parse(process.out)).toMatchObject({
      ips: [{ address: '10.0.0.2/24' }, { address: 'fd00::2/64' }],
    })
  })

  /** Upstream leaves the veth behind, and after some errors the address: plugins/main/ptp/ptp.go. */
  it('takes everything back, whichever request the kernel refuses', () => {
    const untouched = kernel()
    attach(untouched)
    const requests = untouched.sent.length
    expect(requests).toBeGreaterThan(10)
    for (const path of reservations()) files.remove(path)
    for (let refused = 0; refused < requests; refused++) {
      const netlink = kernel(refused)
      expect(() => attach(netlink), `request ${refused}`).toThrow()
      expect(reservations()).toEqual([])
      expect(typeOf(netlink.sent.at(-1) ?? new Uint8Array(16))).toBe(Type.deleteLink)
    }
  })

  it('takes everything back when nobody takes the result', () => {
    const netlink = kernel()
    const closed = new MemoryProcess({})
    closed.stdout = () => {
      throw new Error('broken pipe')
    }
    expect(() => attach(netlink, closed)).toThrow('broken pipe')
    expect(reservations()).toEqual([])
    expect(netlink.sent.map(typeOf).at(-1)).toBe(Type.deleteLink)
  })
})
