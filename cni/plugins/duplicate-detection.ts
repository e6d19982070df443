import { AddressFlag } from '../netlink/address.ts'
import type { Link } from '../netlink/link.ts'
import { listAddresses } from '../netlink/listing.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import type { System } from '../sys.ts'

/** Five seconds, as the reference plugin waits; detection takes one or two. */
const [mostLooks, pauseMilliseconds] = [250, 20]

/**
 * Waits until no address of the link waits for answers to the question whether somebody else has it.
 * @throws CniError "internal" (999) if somebody has, or if that takes too long
 */
export function awaitDetection(system: System, pod: Rtnetlink, { index, name }: Link): void {
  for (let looks = 1; ; looks++) {
    const addresses = listAddresses(pod).filter((address) => address.index === index)
    const failed = addresses.find(({ flags }) => flags & AddressFlag.dadFailed)
    if (failed !== undefined) throw failure(name, `somebody else on the link has ${failed.text}`)
    const tentative = addresses.find(({ flags }) => flags & AddressFlag.tentative)
    if (tentative === undefined) return
    if (looks === mostLooks) throw failure(name, `${tentative.text} is still tentative`)
    system.serving().poll([], [], pauseMilliseconds)
  }
}

const failure = (name: string, problem: string): CniError =>
  new CniError(ErrorCode.internal, `failed to settle addresses for ${JSON.stringify(name)}: ${problem}`)
