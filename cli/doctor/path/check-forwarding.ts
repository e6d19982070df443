import type { Finding } from '../../../providers/finding.ts'
import { found } from './path-findings.ts'
import type { NodeView } from './path-picture.ts'

/** Whether the Node passes on what comes in there. */
export function checkForwarding({ facts, family, node }: NodeView): Finding {
  const { entry, forwards } = facts
  const object = { kind: 'Node', name: node }
  const setting = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  // Of IPv4 each interface has a setting of its own, and the Node's is but the last one that was written to all of them.
  const isOn = entry === undefined ? forwards : entry.forwards
  if (isOn)
    return found('ForwardingOn', {
      object,
      message: `Node ${node} forwards what comes in by ${entry?.name ?? 'any interface'}.`,
    })
  if (family === 4 && forwards && entry !== undefined)
    return found('ForwardingOff', {
      object,
      message: `Node ${node} forwards in general, and not what comes in by ${entry.name}: net.ipv4.conf.${entry.name}.forwarding is 0.`,
      fix: `sysctl -w net/ipv4/conf/${entry.name}/forwarding=1 (on Node ${node}), and look in /etc/sysctl.d for what turned it off.`,
    })
  return found('ForwardingOff', {
    object,
    message: `Node ${node} forwards nothing: ${setting} is 0.`,
    fix: `sysctl -w ${setting}=1 (on Node ${node}), and look in /etc/sysctl.d for what turned it off.`,
  })
}
