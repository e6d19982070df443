import type { Machine } from './machine.ts'
import { mustRun } from './run.ts'

const script = `
set -e
pod=$1 v4=$2 v6=$3
gateway4=\${v4%.*}.1
gateway6=\${v6%::*}::1
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip -batch - <<END
link add v$pod type veth peer name eth0 netns $pod
addr add $gateway4/32 dev v$pod
addr add $gateway6/128 dev v$pod nodad
link set v$pod up
route add $v4/32 dev v$pod
route add $v6/128 dev v$pod
END
ip -n "$pod" -batch - <<END
addr add $v4/32 dev eth0
addr add $v6/128 dev eth0 nodad
link set eth0 up
route add $gateway4/32 dev eth0
route add 0.0.0.0/0 via $gateway4 dev eth0
route add $gateway6/128 dev eth0
route add ::/0 via $gateway6 dev eth0
END
`

/**
 * Makes a pod and connects it to its node by plain `ip` commands: what a ptp CNI plugin would do, for tests of the lab
 * itself, which must not need one.
 */
export async function connectPlainPod(
  machine: Machine,
  pod: string,
  addresses: { readonly 4: string; readonly 6: string },
): Promise<void> {
  await machine.createPodNamespace(pod)
  await mustRun(machine.command(['sh', '-c', script, 'sh', pod, addresses[4], addresses[6]]))
}
