import { linkDetails } from '../netlink/link-details.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import type { System } from '../sys.ts'

/** As long as the reference plugin waits. */
const [mostLooks, pauseMilliseconds] = [2550, 1]

/**
 * Waits until packets pass a port of a bridge, which it hears a moment after both ends of the veth are up.
 * @throws CniError "internal" (999), with upstream's text
 */
export function awaitPort(system: System, host: Rtnetlink, index: number): void {
  for (let looks = 1; ; looks++) {
    const state = linkDetails(host, index)?.operationalState ?? 'not-present'
    if (state === 'up') return
    if (looks === mostLooks) throw new CniError(ErrorCode.internal, `bridge port in error state: ${state}`)
    system.serving().poll([], [], pauseMilliseconds)
  }
}
