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
