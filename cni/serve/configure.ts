import { addressBits } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { Errno, type Files, isSysError } from '../sys.ts'
import { ownConfiguration } from './configurations.ts'
import { ownName, placeOf } from './executables.ts'
import { makeFolder } from './folder.ts'
import type { Context, Handler } from './handler.ts'
import { Fields, ServeError, invalid, readCidr } from './parameters.ts'

/** Of the network, where no other one is taken over. */
const networkName = 'podway'

/** What host-local's format and ours take for granted. */
const defaultDataDir = '/var/lib/cni/networks'

/** The least that IPv6 needs, and the most that a veth has. */
const [leastMtu, mostMtu] = [1280, 65_535]

/** Readable for runtimes, which are root's. */
const mode = 0o600

/**
 * Lays our configuration list. It follows what it is asked for as a whole: a range that the Node has no more leaves it.
 *
 * containerd doesn't look when a file is made or moved into the folder, but when one of the folder gets another name
 * (https://github.com/containerd/containerd/issues/7196); and a temporary file must not be one that a runtime loads.
 */
export const configure: Handler<'cni.configure'> = (parameters, context) => {
  const wanted = readSettings(parameters)
  if (placeOf(context, ownName) !== 'current')
    throw new ServeError({
      code: 'refused',
      message: `${context.settings.binDir}/${ownName} is not this executable: cni.install comes first, for a runtime uses a configuration at once`,
    })
  const text = `${JSON.stringify(configurationList(wanted, context), null, 2)}\n`
  return { changed: lay(context, text) ? [`laid ${context.settings.confDir}/${ownConfiguration}`] : [] }
}

interface Wanted {
  readonly podCidrs: readonly Cidr[]
  readonly mtu: number | undefined
}

function readSettings(parameters: unknown): Wanted {
  const fields = new Fields(parameters, 'parameters', ['podCidrs', 'mtu', 'masquerade', 'takeOver'])
  const podCidrs = fields.list('podCidrs', 2, readCidr)
  const where = fields.path('podCidrs')
  if (podCidrs.length === 0) throw invalid(where, 'is empty: a node without podCIDRs can have no pods')
  if (podCidrs[0]?.family === podCidrs[1]?.family) throw invalid(where, 'both are of one family')
  for (const [i, cidr] of podCidrs.entries()) {
    if (cidr.prefixLength > addressBits(cidr.family) - 2)
      throw invalid(`${where}[${i}]`, `${formatCidr(cidr)} has no room for a gateway and a pod`)
  }
  if (fields.has('masquerade') && fields.boolean('masquerade'))
    throw new ServeError({
      code: 'unsupported',
      field: fields.path('masquerade'),
      message: `${fields.path('masquerade')}: the plugin can't masquerade yet: use rules.set`,
    })
  if (fields.has('takeOver'))
    throw new ServeError({
      code: 'unsupported',
      field: fields.path('takeOver'),
      message: `${fields.path('takeOver')}: not yet`,
    })
  return { podCidrs, mtu: fields.has('mtu') ? fields.integer('mtu', leastMtu, mostMtu) : undefined }
}

/** Versions as runtimes of all ages understand them: old ones read the first key only, and know no 1.1.0. */
function configurationList({ podCidrs, mtu }: Wanted, { settings }: Context): object {
  return {
    cniVersion: '1.0.0',
    cniVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'],
    name: networkName,
    plugins: [
      {
        type: ownName,
        capabilities: { ips: true, mac: true, dns: true },
        mtu,
        ipam: {
          type: 'host-local',
          dataDir: settings.dataDir === defaultDataDir ? undefined : settings.dataDir,
          ranges: podCidrs.map((cidr) => [{ subnet: formatCidr(cidr) }]),
        },
      },
    ],
  }
}

/** Whether there was something to do. */
function lay({ system, serving, settings }: Context, text: string): boolean {
  const { files } = system
  const path = `${settings.confDir}/${ownConfiguration}`
  const there = serving.status(path)
  if (there?.kind === 'file' && there.mode === mode && hasText(files, path, text)) return false
  makeFolder(files, settings.confDir)
  const temporary = `${settings.confDir}/.${ownConfiguration}.podway-tmp`
  try {
    files.remove(temporary)
  } catch (error) {
    if (!isSysError(error, Errno.ENOENT)) throw error
  }
  serving.writeDurably(temporary, text, mode)
  serving.rename(temporary, path)
  serving.syncFolder(settings.confDir)
  return true
}

/** What can't be read as a text is another one. */
function hasText(files: Files, path: string, text: string): boolean {
  try {
    return files.read(path) === text
  } catch (error) {
    if (isSysError(error)) return false
    throw error
  }
}
