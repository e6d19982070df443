import type { Process } from '../sys.ts'
import { isSysError } from '../sys.ts'
import { CniError, ErrorCode } from './error.ts'
import { requireInterfaceName } from './interface-name.ts'
import { hasNameCharacters } from './name.ts'

/** Which attachment a call is about, and how it was called: all of the environment that the specification names. */
export interface Environment {
  readonly command: string
  readonly containerId: string
  /** Path of the pod's network namespace; may be empty in DEL. */
  readonly netns: string
  readonly ifName: string
  /** `KEY=value;…` from the runtime. */
  readonly args: string
  /** `CNI_NETNS_OVERRIDE`: the pod may share the plugin's own namespace. */
  readonly netnsOverride: boolean
}

type Name = 'CNI_COMMAND' | 'CNI_CONTAINERID' | 'CNI_NETNS' | 'CNI_IFNAME' | 'CNI_ARGS' | 'CNI_PATH'

/** In the order in which missing ones are named. */
const required: readonly { readonly name: Name; readonly commands: readonly string[] }[] = [
  { name: 'CNI_CONTAINERID', commands: ['ADD', 'CHECK', 'DEL'] },
  { name: 'CNI_NETNS', commands: ['ADD', 'CHECK'] },
  { name: 'CNI_IFNAME', commands: ['ADD', 'CHECK', 'DEL'] },
  { name: 'CNI_PATH', commands: ['ADD', 'CHECK', 'DEL', 'GC', 'STATUS'] },
]

/**
 * Reads and checks the environment, with the checks, their order and their texts of containernetworking/cni pkg/skel.
 * @throws CniError "environment" (4)
 */
export function readEnvironment(process: Process): Environment {
  const command = variable(process, 'CNI_COMMAND')
  const missing: string[] = command === '' ? ['CNI_COMMAND'] : []
  for (const { name, commands } of required) {
    if (!commands.includes(command)) continue
    const value = variable(process, name)
    if (value === '') missing.push(name)
    else if (name === 'CNI_CONTAINERID') checkContainerId(value)
    else if (name === 'CNI_IFNAME') requireInterfaceName(value, ErrorCode.environment)
  }
  if (missing.length > 0) throw invalid(`required env variables [${missing.join(',')}] missing`)
  const override = variable(process, 'CNI_NETNS_OVERRIDE')
  return {
    command,
    containerId: variable(process, 'CNI_CONTAINERID'),
    netns: variable(process, 'CNI_NETNS'),
    ifName: variable(process, 'CNI_IFNAME'),
    args: variable(process, 'CNI_ARGS'),
    netnsOverride: override === '1' || override.toUpperCase() === 'TRUE',
  }
}

/** Empty if unset: nobody tells the two apart. */
function variable(process: Process, name: Name | 'CNI_NETNS_OVERRIDE'): string {
  try {
    return process.environment(name) ?? ''
  } catch (error) {
    if (isSysError(error)) throw invalid(`${name} is not UTF-8`)
    throw error
  }
}

function checkContainerId(id: string): void {
  if (!hasNameCharacters(id)) throw invalid('invalid characters in containerID', id)
}

const invalid = (message: string, details?: string): CniError =>
  new CniError(ErrorCode.environment, message, details)
