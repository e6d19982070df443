import { AddressSyntaxError, type Address, formatAddress, parseAddress } from '../../net/address.ts'
import { Errno, type Files, isSysError } from '../sys.ts'

/** Whose a reservation is. */
export interface Owner {
  readonly containerId: string
  readonly ifName: string
}

/** An address that is taken, as its file says. */
export interface Reservation {
  /** The file's name: the address's canonical text, unless somebody else put it there. */
  readonly file: string
  /** The file's content without white space around it. */
  readonly content: string
}

/** What is in the folder, read at once. */
export interface Snapshot {
  readonly reservations: readonly Reservation[]
  /** Files whose writer died half-way: nobody has these addresses. */
  readonly torn: ReadonlySet<string>
  /** The address that was given last from each range set, by its index. */
  readonly lastReserved: ReadonlyMap<number, string>
  /** The boot that the reservations were last known to be of. */
  readonly bootId: string | undefined
  /** When addresses were released, in seconds since the machine started; only of the last minutes. */
  readonly released: ReadonlyMap<string, number>
}

const lockFile = 'lock'
const lastReservedPrefix = 'last_reserved_ip.'
/** Of our own records. host-local reads every file in search of an id, and finds none in these. */
const ownPrefix = 'podway.'
const bootFile = `${ownPrefix}boot`
const releasedFile = `${ownPrefix}released`
const lineBreak = '\r\n'

/**
 * The reservations of one network on disk, in host-local's format, so that either can take over from the other: a file
 * for each address, named by it, with container id and interface name; `last_reserved_ip.N` for each range set; and
 * `lock`, whose flock is held by whoever changes something. Nothing here is written through to the disk: after a crash
 * of the machine no pod is left that could have an address.
 */
export class ReservationStore {
  readonly #files: Files
  readonly #folder: string

  constructor(files: Files, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  /** Makes the folder and those above it. */
  create(): void {
    this.#makeFolder(this.#folder)
  }

  #makeFolder(path: string): void {
    try {
      this.#files.makeDirectory(path, 0o755)
    } catch (error) {
      if (isSysError(error, Errno.EEXIST)) return
      const slash = path.lastIndexOf('/')
      if (!isSysError(error, Errno.ENOENT) || slash <= 0) throw error
      this.#makeFolder(path.slice(0, slash))
      // Another process may have been faster since.
      this.#makeFolder(path)
    }
  }

  /** Does the work while nobody else changes the reservations; `undefined` if there is no folder yet. */
  withLock<T>(work: () => T): T | undefined {
    let lock
    try {
      lock = this.#files.open(`${this.#folder}/${lockFile}`, 0o750)
    } catch (error) {
      if (isSysError(error, Errno.ENOENT)) return undefined
      throw error
    }
    try {
      this.#files.lock(lock)
      return work()
    } finally {
      this.#files.close(lock)
    }
  }

  /** All that there is. Files that can't be read are left out, as in host-local. */
  read(): Snapshot {
    const reservations: Reservation[] = []
    const torn = new Set<string>()
    const lastReserved = new Map<number, string>()
    let bootId: string | undefined
    let released: ReadonlyMap<string, number> = new Map<string, number>()
    for (const [file, text] of this.#files.readAll(this.#folder)) {
      const content = text.trim()
      if (file === lockFile) continue
      if (file.startsWith(lastReservedPrefix))
        lastReserved.set(Number(file.slice(lastReservedPrefix.length)), content)
      else if (file === bootFile) bootId = content
      else if (file === releasedFile) released = readReleased(content)
      else if (file.startsWith(ownPrefix)) continue
      else if (isTorn(content)) torn.add(file)
      else reservations.push({ file, content })
    }
    return { reservations, torn, lastReserved, bootId, released }
  }

  /**
   * Takes an address: false if its file is there already. A torn one is taken over: nobody writes one and leaves it while
   * we hold the lock, so its writer died in between, and host-local would never free it.
   */
  reserve(address: Address, owner: Owner, torn: ReadonlySet<string>): boolean {
    const file = formatAddress(address)
    const path = `${this.#folder}/${file}`
    try {
      this.#files.write(path, contentFor(owner), torn.has(file) ? 'replace' : 'exclusive', 0o600)
      return true
    } catch (error) {
      if (isSysError(error, Errno.EEXIST)) return false
      if (isSysError(error) && error.syscall === 'write') this.#files.remove(path)
      throw error
    }
  }

  release(file: string): void {
    try {
      this.#files.remove(`${this.#folder}/${file}`)
    } catch (error) {
      if (!isSysError(error, Errno.ENOENT)) throw error
    }
  }

  setLastReserved(rangeSet: number, address: Address): void {
    this.#record(`${lastReservedPrefix}${rangeSet}`, formatAddress(address))
  }

  setBootId(bootId: string): void {
    this.#record(bootFile, bootId)
  }

  setReleased(released: ReadonlyMap<string, number>): void {
    const lines = [...released].map(([address, uptime]) => `${address} ${uptime}\n`)
    this.#record(releasedFile, lines.join(''))
  }

  #record(file: string, text: string): void {
    this.#files.write(`${this.#folder}/${file}`, text, 'replace', 0o600)
  }
}

const contentFor = ({ containerId, ifName }: Owner): string => `${containerId}${lineBreak}${ifName}`

/**
 * What a writer leaves that is killed between creating and writing, or a machine that loses its power: nothing, zeros,
 * or anything. An id alone is whole: old versions wrote no more.
 */
const isTorn = (content: string): boolean =>
  content === '' || content.includes('\0') || content.includes('\ufffd')

/** Lines that are none of ours mean nothing: a writer may have been killed. */
function readReleased(content: string): ReadonlyMap<string, number> {
  const released = new Map<string, number>()
  for (const line of content.split('\n')) {
    const [address, uptime] = line.split(' ')
    if (address && uptime !== undefined && Number.isFinite(Number(uptime)))
      released.set(address, Number(uptime))
  }
  return released
}

/** The address of that text; undefined if it is none. */
export function toAddress(text: string): Address | undefined {
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

/**
 * The reservations of an owner. Files of old versions have only the container id: they count if no file has both.
 */
export function reservationsOf(reservations: readonly Reservation[], owner: Owner): readonly Reservation[] {
  const exact = reservations.filter(({ content }) => content === contentFor(owner))
  return exact.length > 0 ? exact : reservations.filter(({ content }) => content === owner.containerId)
}

/** Whose a reservation is; without an interface name in files of old versions. */
export function ownerOf({ content }: Reservation): {
  readonly containerId: string
  readonly ifName?: string
} {
  const [containerId = '', ifName] = content.split(lineBreak)
  return ifName === undefined ? { containerId } : { containerId, ifName }
}
