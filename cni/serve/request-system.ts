import { type Handle, type System, isSysError } from '../sys.ts'

/**
 * A system for work that takes one request: netlink sockets that it opens are closed when the request is over, as they are
 * by the end of the process when a verb opens them. So both can use the same code, and a server has as many descriptors
 * after a year as on its first day.
 */
export class RequestSystem {
  readonly system: System
  readonly #files: System['files']
  #opened: Handle[] = []

  constructor(system: System) {
    this.#files = system.files
    const open: System['netlink']['open'] = (protocol, namespace) => {
      const handle = system.netlink.open(protocol, namespace)
      this.#opened.push(handle)
      return handle
    }
    this.system = { ...system, netlink: { ...system.netlink, open } }
  }

  /** Closes what is open. */
  end(): void {
    for (const handle of this.#opened.splice(0)) {
      try {
        this.#files.close(handle)
      } catch (error) {
        // Closed already.
        if (!isSysError(error)) throw error
      }
    }
  }
}
