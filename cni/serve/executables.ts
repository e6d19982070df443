import { Errno, isSysError } from '../sys.ts'
import type { Context } from './handler.ts'

/** Our own name, which configurations name as their plugin's type. */
export const ownName = 'podway-cni'

/**
 * The names under which runtimes may look for this executable. containerd needs a `loopback` for every sandbox, whatever
 * the configuration says.
 */
export const executableNames = [
  ownName,
  'loopback',
  'ptp',
  'host-local',
  'static',
  'portmap',
  'bandwidth',
  'bridge',
  'macvlan',
  'ipvlan',
] as const

/** What is where one of them should be. */
export type Place =
  | 'absent'
  /** This executable, which everybody may start. */
  | 'current'
  /** This program, but another build of it, or with another mode. */
  | 'outdated'
  /** Somebody else's. */
  | 'foreign'

const executableMode = 0o755

/** What has that name where runtimes look for plugins. */
export function placeOf({ serving, settings }: Context, name: string): Place {
  const path = `${settings.binDir}/${name}`
  const status = serving.status(path)
  if (status === undefined) return 'absent'
  if (status.kind === 'link') return isDangling(serving, path) ? 'absent' : 'foreign'
  if (status.kind !== 'file') return 'foreign'
  switch (serving.compareExecutable(path)) {
    case 'same':
      return status.mode === executableMode ? 'current' : 'outdated'
    case 'build':
      return 'outdated'
    case 'other':
      return 'foreign'
  }
}

/** Whether what has that name is an executable of this program, of whatever build. */
export function isOfThisProgram(context: Context, name: string): boolean {
  const place = placeOf(context, name)
  return place === 'current' || place === 'outdated'
}

/** A link to nothing is no plugin of anybody's. */
function isDangling(serving: Context['serving'], path: string): boolean {
  try {
    serving.compareExecutable(path)
    return false
  } catch (error) {
    return isSysError(error, Errno.ENOENT)
  }
}
