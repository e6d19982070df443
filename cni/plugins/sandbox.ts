import { CniError, ErrorCode } from '../spec/error.ts'
import { Errno, type Handle, type System, isSysError } from '../sys.ts'
import type { Environment } from '../spec/environment.ts'

/** The pod's network namespace and our own. */
export interface Sandbox {
  readonly pod: Handle
  readonly host: Handle
}

/**
 * Opens both namespaces.
 * @throws CniError "internal" (999) if there is none, "invalid namespace" (8) if the pod's is the host's: what is done
 *   for a pod must never be done to the machine
 */
export function openSandbox(system: System, environment: Environment): Sandbox {
  const { files } = system
  let pod: Handle
  try {
    pod = files.open(environment.netns)
  } catch (error) {
    if (!isSysError(error)) throw error
    throw new CniError(
      ErrorCode.internal,
      `failed to open netns ${JSON.stringify(environment.netns)}: ${error.message}`,
    )
  }
  return { pod, host: requireOther(system, environment, pod) }
}

/**
 * Opens the pod's namespace for a DEL: undefined if CNI_NETNS is empty, or leads to nothing, or to what is left of a
 * namespace that is gone.
 *
 * @throws CniError "invalid namespace" (8) if it is the host's
 */
export function openNamespace(system: System, environment: Environment): Handle | undefined {
  if (environment.netns === '') return undefined
  let pod: Handle
  try {
    pod = system.files.open(environment.netns)
  } catch (error) {
    if (isSysError(error, Errno.ENOENT) || isSysError(error, Errno.ENOTDIR)) return undefined
    throw error
  }
  requireOther(system, environment, pod)
  return pod
}

/** The host's namespace, which the pod's must not be. */
function requireOther({ files }: System, { netnsOverride }: Environment, pod: Handle): Handle {
  const host = files.open('/proc/self/ns/net')
  if (!netnsOverride && files.identity(pod) === files.identity(host))
    throw new CniError(ErrorCode.namespace, "plugin's netns and netns from CNI_NETNS should not be the same")
  return host
}
