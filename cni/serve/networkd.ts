import { Errno, type Files, isSysError } from '../sys.ts'
import type { RouteHazards } from './protocol.ts'

/** Made by systemd-networkd when it starts. */
const runtimeFolder = '/run/systemd/netif/links'
/** Where its configuration is: what stands first goes first. */
const folders = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'] as const

/**
 * Whether systemd-networkd runs here, and would remove our routes: it takes away what it did not make itself whenever it
 * starts or configures a link anew, unless ManageForeignRoutes= says no (https://github.com/systemd/systemd/issues/25451,
 * https://github.com/kubernetes/kops/issues/17438).
 */
export function inspectNetworkd(files: Pick<Files, 'list' | 'read'>): RouteHazards['networkd'] {
  if (namesIn(files, runtimeFolder) === undefined) return 'absent'
  return managesForeignRoutes(files) ? 'removes' : 'keeps'
}

/** As systemd.syntax(7) and networkd.conf(5) have it: the first main file, then all drop-ins in the order of their names. */
function managesForeignRoutes(files: Pick<Files, 'list' | 'read'>): boolean {
  const main = folders.map((folder) => contentOf(files, `${folder}/networkd.conf`))
  const dropIns = new Map<string, string>()
  for (const folder of folders) {
    const place = `${folder}/networkd.conf.d`
    for (const name of namesIn(files, place) ?? []) {
      // Of one name the first folder's counts, even if it is empty: so drop-ins are masked.
      if (name.endsWith('.conf') && !dropIns.has(name)) dropIns.set(name, `${place}/${name}`)
    }
  }
  const names = [...dropIns.keys()].sort()
  const texts = [
    main.find((text) => text !== undefined),
    ...names.map((name) => contentOf(files, dropIns.get(name) ?? '')),
  ]
  let manages = true
  for (const text of texts) manages = readSetting(text ?? '') ?? manages
  return manages
}

/** What the text says last; undefined if it says nothing. */
function readSetting(text: string): boolean | undefined {
  let section = ''
  let setting: boolean | undefined
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed.startsWith('[')) section = trimmed
    if (section !== '[Network]') continue
    const equals = trimmed.indexOf('=')
    if (trimmed.slice(0, equals).trim() !== 'ManageForeignRoutes') continue
    const value = trimmed
      .slice(equals + 1)
      .trim()
      .toLowerCase()
    if (['1', 'yes', 'y', 'true', 't', 'on'].includes(value)) setting = true
    else if (['0', 'no', 'n', 'false', 'f', 'off'].includes(value)) setting = false
  }
  return setting
}

const isAbsent = (error: unknown): boolean =>
  isSysError(error, Errno.ENOENT) || isSysError(error, Errno.ENOTDIR)

function namesIn(files: Pick<Files, 'list'>, folder: string): readonly string[] | undefined {
  try {
    return files.list(folder)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** A link to nothing is nothing: `/dev/null` masks a file, and is empty. */
function contentOf(files: Pick<Files, 'read'>, path: string): string | undefined {
  try {
    return files.read(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
