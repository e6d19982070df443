import { addressBits } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { JsonObject } from '../spec/json.ts'
import { type Files, isSysError } from '../sys.ts'
import { reachBridgedPods } from './bridged-pods.ts'
import { findConfigurations, ownConfiguration, readConfiguration } from './configurations.ts'
import { ownName, placeOf } from './executables.ts'
import { makeFolder } from './folder.ts'
import type { Context, Handler } from './handler.ts'
import { type Inheritance, formatRanges, hasRanges, readInheritance } from './inheritance.ts'
import { Fields, ServeError, invalid, readCidr } from './parameters.ts'
import { replaceFile } from './replace-file.ts'

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
 * What it once has inherited stays in it: that our file says so is all that is remembered.
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
  const inherited =
    wanted.takeOver === undefined ? ownInheritance(context) : predecessor(context, wanted.takeOver, wanted)
  const list = configurationList(wanted, inherited, context)
  const reached = inherited === undefined ? [] : reachBridgedPods(context, inherited.name)
  const isLaid = lay(context, `${JSON.stringify(list, null, 2)}\n`)
  return {
    changed: [...reached, ...(isLaid ? [`laid ${context.settings.confDir}/${ownConfiguration}`] : [])],
  }
}

interface Wanted {
  readonly podCidrs: readonly Cidr[]
  readonly mtu: number | undefined
  /** By the plugin, pod by pod. */
  readonly masquerade: boolean
  readonly takeOver: string | undefined
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
  return {
    podCidrs,
    mtu: fields.has('mtu') ? fields.integer('mtu', leastMtu, mostMtu) : undefined,
    masquerade: fields.has('masquerade') && fields.boolean('masquerade'),
    takeOver: fields.has('takeOver') ? fields.text('takeOver', 255) : undefined,
  }
}

/** What our own file, if there is one, has inherited. One that can't be read has nothing to leave. */
function ownInheritance(context: Context): Inheritance | undefined {
  try {
    return readInheritance(ownConfiguration, readConfiguration(context, ownConfiguration))
  } catch (error) {
    if (error instanceof ServeError) return undefined
    throw error
  }
}

/**
 * The configuration that is taken over. Its file stays: ours stands before it, and without ours it is what it was.
 * @throws ServeError
 */
function predecessor(context: Context, file: string, { podCidrs }: Wanted): Inheritance {
  const field = 'parameters.takeOver'
  // By its name among those that are there: so no name leads out of the folder.
  const found = findConfigurations(context).find((one) => one.file === file && !one.isOurs)
  if (found === undefined) throw invalid(field, `there is no other configuration ${JSON.stringify(file)}`)
  if (file < ownConfiguration)
    throw new ServeError({
      code: 'refused',
      field,
      message: `${file} stands before ${ownConfiguration}, and runtimes use the first one: give it a later name`,
    })
  const inherited = readInheritance(file, readConfiguration(context, file))
  if (!hasRanges(inherited, podCidrs))
    throw new ServeError({
      code: 'refused',
      field,
      message: `${file} can't be taken over: its ranges are ${formatRanges(inherited)}, and the podCIDRs are ${podCidrs.map(formatCidr).join(', ')}`,
    })
  return inherited
}

/**
 * Versions as runtimes of all ages understand them: old ones read the first key only, and know no 1.1.0. A chain keeps the
 * one that it had, for newer runtimes take the highest, which its plugins may not know.
 */
function configurationList(
  { podCidrs, mtu, masquerade }: Wanted,
  inherited: Inheritance | undefined,
  { settings }: Context,
): object {
  const { chained = [], version = '1.0.0' } = inherited ?? {}
  const versions =
    chained.length > 0
      ? { cniVersion: version }
      : { cniVersion: '1.0.0', cniVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'] }
  const keepsRanges = inherited !== undefined && hasRanges(inherited, podCidrs)
  const ranges: readonly JsonObject[] = keepsRanges
    ? inherited.rangeSets
    : podCidrs.map((cidr) => ({ subnet: formatCidr(cidr) }))
  const dataDir = inherited === undefined ? settings.dataDir : inherited.dataDir
  // One that is inherited goes on: it knows what it made for the pods that are there.
  const isChained = (plugin: string): boolean => chained.some(({ type }) => type === plugin)
  const parts = {
    ...(isChained('portmap') ? {} : { portMappings: true }),
    ...(isChained('bandwidth') ? {} : { bandwidth: true }),
  }
  return {
    ...versions,
    name: inherited?.name ?? networkName,
    plugins: [
      {
        type: ownName,
        capabilities: { ips: true, mac: true, dns: true, ...parts },
        mtu,
        ipMasq: masquerade ? true : undefined,
        ipam: {
          type: 'host-local',
          dataDir: dataDir === defaultDataDir ? undefined : dataDir,
          ranges: ranges.map((range) => [range]),
          routes: inherited?.routes,
        },
      },
      ...chained,
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
  replaceFile(files, serving, path, (temporary) => serving.writeDurably(temporary, text, mode))
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
