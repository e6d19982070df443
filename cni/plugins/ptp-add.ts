import { allocate, giveBack, readDns } from '../ipam/host-local.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { type Result, formatResult } from '../spec/result.ts'
import type { System } from '../sys.ts'
import { Undo } from '../undo.ts'
import type { Call } from '../call.ts'
import { configureHost, configurePod, prepare } from './ptp-addresses.ts'
import { chooseDns, defaultRoutes, readPtpConfig } from './ptp-config.ts'
import { openSandbox } from './sandbox.ts'
import { enableForwarding } from './sysctl.ts'
import { createVeth } from './veth.ts'

/**
 * ADD: reserves addresses, makes a veth pair, gives the pod its addresses and routes, and prints the result. When
 * anything fails, printing too, all of it is taken back: no address stays reserved, no interface stays.
 */
export function add(call: Call): void {
  const { system, environment, config } = call
  const ptp = readPtpConfig(call)
  const sandbox = openSandbox(system, environment)
  const pod = new Rtnetlink(system, sandbox.pod)
  const host = new Rtnetlink(system)
  const dns = chooseDns(ptp.dns, readDns(system.files, ptp.ipam))

  const undo = new Undo()
  try {
    const leases = allocate(system.files, ptp.ipam, environment)
    undo.add(() => giveBack(system.files, ptp.ipam.folder, leases))
    const families = leases.map(({ address }) => address.address.family)
    forward(system, families)

    const veth = createVeth(system, { pod, sandbox, owner: environment, mtu: ptp.mtu }, undo)
    const routes = ptp.ipam.routes ?? (call.reference ? [] : defaultRoutes(families))
    const ends = { files: system.files, pod, host, veth, namespace: sandbox.pod }
    prepare(ends, leases)
    configurePod(ends, leases, routes)
    configureHost(ends, leases)

    const { mtu } = veth.link
    const result: Result = {
      interfaces: [
        { name: veth.hostName, mac: veth.hostMac, mtu },
        { name: environment.ifName, mac: veth.link.mac ?? '', mtu, sandbox: environment.netns },
      ],
      ips: leases.map((lease) => ({ ...lease, interface: 1 })),
      routes,
      dns,
    }
    system.process.stdout(formatResult(result, config.cniVersion))
  } catch (error) {
    undo.run()
    throw error
  }
}

function forward(system: System, families: readonly (4 | 6)[]): void {
  try {
    enableForwarding(system.files, families)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CniError(ErrorCode.internal, `Could not enable IP forwarding: ${reason}`)
  }
}
