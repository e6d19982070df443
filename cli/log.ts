import { pino } from 'pino'
import { MachineError } from '../agent/machine/machine-error.ts'
import { KubeError } from '../kube/errors.ts'
import { ProviderError } from '../providers/errors.ts'

/**
 * JSON lines on standard output. What went wrong outside is told in its own terms; a stack, which tells where in our code
 * it was noticed, is kept for what is unexpected.
 */
export function createLog(level: string): pino.Logger {
  return pino(
    { level, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    pino.destination({ fd: 1, sync: true }),
  )
}

/** What a log line holds of an error. Exported for its test. */
export function describeError(error: unknown): unknown {
  if (error instanceof KubeError) {
    const { name: type, message, status, reason } = error
    return { type, message, status, reason }
  }
  if (error instanceof ProviderError) {
    const { name: type, message, class: errorClass, code, action, requestId } = error
    return { type, message, class: errorClass, code, action, requestId }
  }
  if (error instanceof MachineError) {
    const { code, errno, message, name: type } = error
    return { type, message, code, errno }
  }
  return error instanceof Error ? pino.stdSerializers.err(error) : error
}
