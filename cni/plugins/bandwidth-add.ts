import type { Call } from '../call.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { type JsonObject, optionalArray, optionalObject } from '../spec/json.ts'
import { readPrevious } from '../spec/previous.ts'
import type { Interface } from '../spec/result.ts'
import { Undo } from '../undo.ts'
import { limitBandwidth, ownerOf } from './bandwidth.ts'
import { readBandwidth } from './bandwidth-config.ts'
import { findHostEnd } from './bandwidth-peer.ts'
import { referenceIfbNames } from './ifb-name.ts'

/**
 * ADD of the chained plugin `bandwidth`: limits the pod that the previous result tells of, and passes that on as it is,
 * with the ifb behind its interfaces. Without a limit it opens no socket.
 *
 * @throws CniError with upstream's texts
 */
export function add(call: Call): void {
  const { system, config } = call
  const bandwidth = readBandwidth(call)
  const previous = optionalObject(config.json, 'prevResult', 'prevResult')
  if (previous === undefined) throw new CniError(ErrorCode.internal, 'must be called as chained plugin')
  const undo = new Undo()
  try {
    let ifb: Interface | undefined
    if (bandwidth !== undefined) {
      const host = new Rtnetlink(system)
      const hostEnd = findHostEnd(call, host, readPrevious(config.json)?.interfaces ?? [])
      const owner = ownerOf(call)
      const names = referenceIfbNames(owner)
      ifb = limitBandwidth(system, { host, hostEnd, owner, names, bandwidth }, undo)
    }
    system.process.stdout(formatPassedOn(previous, config.cniVersion, ifb))
  } catch (error) {
    undo.run()
    throw error
  }
}

function formatPassedOn(previous: JsonObject, cniVersion: string, ifb: Interface | undefined): string {
  const interfaces = optionalArray(previous, 'interfaces', 'prevResult.interfaces')
  const all = ifb === undefined ? interfaces : [...(interfaces ?? []), ifb]
  return JSON.stringify({ ...previous, cniVersion, interfaces: all }, null, 4)
}
