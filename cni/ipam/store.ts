import { AddressSyntaxError, type Address, formatAddress, parseAddress } from '../../net/address.ts'
import { Errno, type Files, type SysError, isSysError } from '../sys.ts'

/** Whose a reservation is. */
export interface Owner {
  readonly containerId: string
  readonly ifName: string
}

/** An address that is taken, as its file says. */
export interface Reservation {
  readonly file: string
  /** Undefined if the file's name is no address. */
  readonly address: Address | undefined
  /** The file's content without white space around it. */
  readonly content: string
}

const lastReservedPrefix = 'last_reserved_ip.'
const lockFile = 'lock'
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
      this.#files.makeDirectory(path, 0o755)
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

  /**
   * All reservations. Files that can't be read are left out, as in host-local; where the system only lacks means for the
   * moment, this is an error: an address that is overlooked now is never released.
   */
  list(): readonly Reservation[] {
    const reservations: Reservation[] = []
    for (const file of this.#files.list(this.#folder)) {
      if (file === lockFile || file.startsWith(lastReservedPrefix)) continue
      const content = this.#read(file)
      if (content !== undefined) reservations.push({ file, address: toAddress(file), content })
    }
    return reservations
  }

  #read(file: string): string | undefined {
    try {
      return this.#files.read(`${this.#folder}/${file}`).trim()
    } catch (error) {
      if (isSysError(error) && !isLackOfMeans(error)) return undefined
      throw error
    }
  }

  /**
   * Takes an address: false if its file is there already. With `abandoned`, an empty file is taken over: nobody writes
   * one and leaves it while we hold the lock, so its writer died in between, and host-local would never free it.
   */
  reserve(address: Address, owner: Owner, { abandoned }: { readonly abandoned: boolean }): boolean {
    const path = `${this.#folder}/${formatAddress(address)}`
    try {
      this.#files.write(path, contentFor(owner), abandoned ? 'replace' : 'exclusive', 0o600)
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

  /** The address that was given last from the range set with that index. */
  lastReserved(rangeSet: number): Address | undefined {
    const content = this.#read(`${lastReservedPrefix}${rangeSet}`)
    return content === undefined ? undefined : toAddress(content)
  }

  setLastReserved(rangeSet: number, address: Address): void {
    const path = `${this.#folder}/${lastReservedPrefix}${rangeSet}`
    this.#files.write(path, formatAddress(address), 'replace', 0o600)
  }
}

/** No descriptor or no memory is left: a later try may succeed. */
const isLackOfMeans = (error: SysError): boolean =>
  [Errno.ENOMEM, Errno.ENFILE, Errno.EMFILE].some((errno) => errno === error.errno)

const contentFor = ({ containerId, ifName }: Owner): string => `${containerId}${lineBreak}${ifName}`

function toAddress(text: string): Address | undefined {
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
