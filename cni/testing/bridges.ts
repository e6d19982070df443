import { spawnSync } from 'node:child_process'
import { run } from './binary.ts'

/** A link with what its kind has of its own, as `ip -j -d link` has it. */
export interface LinkState {
  readonly ifindex: number
  readonly ifname: string
  readonly address: string
  readonly operstate: string
  readonly promiscuity: number
  readonly master?: string
  readonly linkinfo?: {
    readonly info_kind: string
    readonly info_data?: { readonly mode?: string; readonly bcqueuelen?: number }
    readonly info_slave_kind?: string
    readonly info_slave_data?: {
      readonly hairpin: boolean
      readonly isolated: boolean
      readonly state: string
    }
  }
}

/** What the kernel says of a link, by `ip`; an error if there is none. */
export function linkState(name: string, netns?: string): LinkState {
  const by = netns === undefined ? [] : ['-n', netns]
  const [found] = JSON.parse(run('ip', ...by, '-j', '-d', 'link', 'show', 'dev', name)) as LinkState[]
  if (found === undefined) throw new Error(`no link ${name}`)
  return found
}

/** Sends one broadcast ARP question from a pod under a hardware address that is not its own, by a raw socket. */
export function sendSpoofed(netns: string, device: string, mac: string, target: string): void {
  run('ip', 'netns', 'exec', netns, 'python3', '-c', spoof, device, mac, target)
}

const spoof = `
import socket, sys
device, mac, target = sys.argv[1:]
own = bytes.fromhex(mac.replace(':', ''))
sender = socket.inet_aton('10.1.2.77')
arp = bytes.fromhex('0001080006040001') + own + sender + bytes(6) + socket.inet_aton(target)
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((device, 0))
raw.send(b'\\xff' * 6 + own + bytes.fromhex('0806') + arp)
`

/** Why bridges can't tell VLANs apart here; undefined if they can. test/uml looks at those on a kernel that has all. */
export function whyNoVlanFiltering(): string | undefined {
  const script = 'ip link add b0 type bridge vlan_filtering 1 && bridge vlan show dev b0'
  const tried = spawnSync('unshare', ['--net', 'sh', '-c', script], { encoding: 'utf8' })
  return tried.status === 0
    ? undefined
    : `the kernel has no VLAN filtering of bridges (CONFIG_BRIDGE_VLAN_FILTERING): ${tried.stderr.trim()}`
}

/** The VLANs of a port as `bridge -j vlan` has them: `100 PVID Egress Untagged`. */
export function vlansOf(port: string): readonly string[] {
  const shown = JSON.parse(run('bridge', '-j', 'vlan', 'show', 'dev', port)) as readonly {
    readonly vlans: readonly {
      readonly vlan: number
      readonly vlanEnd?: number
      readonly flags?: readonly string[]
    }[]
  }[]
  return shown.flatMap(({ vlans }) =>
    vlans.flatMap(({ vlan, vlanEnd = vlan, flags = [] }) =>
      Array.from({ length: vlanEnd - vlan + 1 }, (_, index) => [vlan + index, ...flags].join(' ')),
    ),
  )
}
