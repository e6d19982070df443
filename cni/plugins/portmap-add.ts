import type { Call } from '../call.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { optionalObject } from '../spec/json.ts'
import { Undo } from '../undo.ts'
import { readAttached } from './attached.ts'
import { forwardPorts } from './portmap.ts'
import { readPortmapConfig } from './portmap-config.ts'

/**
 * ADD of the chained plugin `portmap`: maps ports to the pod that the previous result tells of, and passes that on as it
 * is. Without a port it touches nothing.
 *
 * @throws CniError with upstream's texts
 */
export function add(call: Call): void {
  const { system, config } = call
  const wanted = parse(() => readPortmapConfig(call))
  const previous = parse(() => optionalObject(config.json, 'prevResult', 'prevResult'))
  if (previous === undefined) throw new CniError(ErrorCode.internal, 'must be called as chained plugin')
  const undo = new Undo()
  try {
    if (wanted.ports.length > 0) {
      const attached = parse(() => readAttached(config))
      if (attached !== undefined) forwardPorts(call, { attached, wanted }, undo)
    }
    system.process.stdout(JSON.stringify({ ...previous, cniVersion: config.cniVersion }, null, 4))
  } catch (error) {
    undo.run()
    throw error
  }
}

/** As upstream puts it. */
function parse<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CniError)) throw error
    throw new CniError(error.code, `failed to parse config: ${error.message}`, error.details)
  }
}
