import { cooldownSecondsOf } from '../ipam/config.ts'
import { releaseWhich } from '../ipam/release.ts'
import { ReservationStore } from '../ipam/store.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { Nftables } from '../nftables/nftables.ts'
import { removePods } from '../nftables/pod-removal.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import { endMappings } from '../plugins/ports-removal.ts'
import { Errno, type Files } from '../sys.ts'
import { ownConfiguration, readConfiguration } from './configurations.ts'
import { type Candidate, findGarbage } from './garbage.ts'
import type { Context } from './handler.ts'
import { readInheritance } from './inheritance.ts'
import { Fields, ServeError } from './parameters.ts'
import type { Garbage } from './protocol.ts'
import { type Network, readRemains } from './remains.ts'
import { removeIfThere } from './replace-file.ts'

const defaultDataDir = '/var/lib/cni/networks'

/**
 * How many times the grace a runtime may have no sign of a container that has an interface: it may still be fetching the
 * image of the sandbox.
 */
const runtimeFactor = 2

/** A plugin has the lock of reservations for a millisecond. One that hangs must not hold up everything here. */
const [lockTries, lockPauseMilliseconds] = [50, 10]

/**
 * Frees what pods have left behind that no longer exist. It looks at each call, remembers since when something has looked
 * like garbage, and takes it when that has lasted for the grace. A restart forgets that, and so it takes longer.
 */
export class GarbageCollector {
  /** By key: the time of the first look, in milliseconds. */
  #since: ReadonlyMap<string, number> = new Map()

  /** @throws ServeError, SysError, OpError: what was collected before is not told then, and is gone all the same */
  collect(parameters: unknown, context: Context): { readonly collected: readonly Garbage[] } {
    new Fields(parameters, 'parameters', [])
    const network = ownNetwork(context)
    if (network === undefined) return { collected: [] }
    const patient = withPatience(context)
    const found = look(patient, network)
    const now = context.serving.clock()
    const before = this.#since
    this.#since = new Map(found.map(({ key }) => [key, before.get(key) ?? now]))
    const ripe = found.filter((candidate) => isRipe(candidate, before.get(candidate.key), now, context))
    const collected = [
      ...collectReservations(patient, network, ripe),
      ...collectRules(patient, ripe),
      ...collectLinks(patient, ripe),
      ...collectResults(patient, ripe),
    ]
    return { collected: collected.map(toGarbage) }
  }
}

/** Never at the first look: what is there then may be an ADD's that is at work. */
function isRipe(
  { evidence }: Candidate,
  since: number | undefined,
  now: number,
  { settings }: Context,
): boolean {
  const grace = settings.graceSeconds * 1000 * (evidence === 'runtime' ? runtimeFactor : 1)
  return since !== undefined && now - since >= grace
}

/** That of our configuration; as long as none is laid, nothing is ours. */
function ownNetwork(context: Context): Network | undefined {
  try {
    const { dataDir = defaultDataDir, name } = readInheritance(
      ownConfiguration,
      readConfiguration(context, ownConfiguration),
    )
    return { name, folder: `${dataDir}/${name}` }
  } catch (error) {
    if (error instanceof ServeError) return undefined
    throw error
  }
}

/** The same with files whose lock is waited for half a second, and no longer. */
function withPatience(context: Context): Context {
  const { serving, system } = context
  const lock: Files['lock'] = (handle) => {
    for (let i = 0; !serving.tryLock(handle); i++) {
      if (i === lockTries)
        throw new ServeError({
          code: 'system',
          errno: Errno.EAGAIN,
          message: 'a plugin holds the lock of the reservations: the next request tries again',
        })
      serving.poll([], [], lockPauseMilliseconds)
    }
  }
  return { ...context, system: { ...system, files: { ...system.files, lock } } }
}

function look(context: Context, network: Network): readonly Candidate[] {
  const store = new ReservationStore(context.system.files, network.folder)
  const remains = store.withLock(() => readRemains(context, store, network))
  return remains === undefined ? [] : findGarbage(remains)
}

/** Once more under the lock: only what is still the same is given back, and rests then as after a DEL. */
function collectReservations(
  context: Context,
  network: Network,
  ripe: readonly Candidate[],
): readonly Candidate[] {
  const wanted = ripe.filter(({ kind }) => kind === 'reservation')
  if (wanted.length === 0) return []
  const { files } = context.system
  const store = new ReservationStore(files, network.folder)
  const collected: Candidate[] = []
  const rest = {
    uptime: context.system.uptime(),
    cooldownSeconds: cooldownSecondsOf(ownConfig(network), false),
  }
  releaseWhich(files, network.folder, rest, (reservations) => {
    const still = new Set(findGarbage(readRemains(context, store, network)).map(({ key }) => key))
    for (const candidate of wanted) if (still.has(candidate.key)) collected.push(candidate)
    return reservations.filter(({ file }) => collected.some(({ what }) => what === file))
  })
  return collected
}

/** For what is said of the cool-down where nothing is said. */
const ownConfig = ({ name }: Network): Parameters<typeof cooldownSecondsOf>[0] => ({
  cniVersion: '1.0.0',
  name,
  type: 'podway-cni',
  ipamType: 'host-local',
  json: {},
})

/** With them goes what only they needed. */
function collectRules({ system }: Context, ripe: readonly Candidate[]): readonly Candidate[] {
  const wanted = ripe.filter(({ kind }) => kind === 'rule')
  const comments = new Set(wanted.map(({ what }) => what))
  if (wanted.length === 0) return []
  const nftables = new Nftables(system)
  const isGone = (comment: string): boolean => comments.has(comment)
  const ended = endMappings(system, nftables, isGone)
  const removed = new Set([...removePods(nftables, isGone, tidyPods), ...ended.map(({ comment }) => comment)])
  return wanted.filter(({ what }) => removed.has(what))
}

function collectLinks({ system }: Context, ripe: readonly Candidate[]): readonly Candidate[] {
  const rtnetlink = new Rtnetlink(system)
  return ripe.filter(({ index, kind, what }) => {
    // An index is given again one day, but not a name with it.
    if (kind !== 'link' || index === undefined || rtnetlink.link(index)?.name !== what) return false
    rtnetlink.deleteLink(index)
    return true
  })
}

const collectResults = (
  { serving, settings, system }: Context,
  ripe: readonly Candidate[],
): readonly Candidate[] =>
  ripe.filter(
    ({ kind, what }) =>
      kind === 'result' && removeIfThere(system.files, serving, `${settings.cacheDir}/results/${what}`),
  )

function toGarbage({ kind, what, containerId, why }: Candidate): Garbage {
  return { kind, what, ...(containerId === undefined ? {} : { containerId }), why }
}
