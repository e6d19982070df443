import type { Files, Handle, NetlinkSockets, Process, Serving, SysError, System } from '../sys.ts'

/** A failed system call as the host throws it. */
export function sysError(errno: number, syscall: string, path?: string): SysError {
  const error = new Error(`${syscall} ${path ?? ''}: error ${errno}`)
  return Object.assign(error, { name: 'SysError' as const, errno, syscall, path })
}

const [ENOENT, EBADF, EEXIST, ENOSPC] = [2, 9, 17, 28]

/** Files in memory, with the errors of real ones. Folders exist when something is in them, or when they were made. */
export class MemoryFiles implements Files {
  /** Content by path. */
  readonly contents = new Map<string, string>()
  readonly folders = new Set<string>(['', '/'])
  /** Handles that hold a lock: a second lock would wait for ever, so it throws. */
  readonly locked = new Set<Handle>()
  /** Paths whose next write fails half-way, as on a full disk. */
  readonly full = new Set<string>()
  readonly #open = new Map<Handle, string>()
  #next = 1

  open(path: string, createMode?: number): Handle {
    if (!this.contents.has(path)) {
      if (createMode === undefined || !this.folders.has(parent(path))) throw sysError(ENOENT, 'open', path)
      this.contents.set(path, '')
    }
    const handle = this.#next++ as Handle
    this.#open.set(handle, path)
    return handle
  }

  close(handle: Handle): void {
    if (!this.#open.delete(handle)) throw sysError(EBADF, 'close')
    this.locked.delete(handle)
  }

  descriptor(handle: Handle): number {
    return 100 + handle
  }

  identity(handle: Handle): string {
    return this.#open.get(handle) ?? ''
  }

  lock(handle: Handle): void {
    if (this.locked.size > 0) throw new Error('deadlock: the lock is taken already')
    this.locked.add(handle)
  }

  read(path: string): string {
    const content = this.contents.get(path)
    if (content === undefined) throw sysError(ENOENT, 'open', path)
    return content
  }

  write(path: string, text: string, disposition: 'existing' | 'exclusive' | 'replace'): void {
    const exists = this.contents.has(path)
    if (disposition === 'exclusive' && exists) throw sysError(EEXIST, 'open', path)
    if (disposition === 'existing' && !exists) throw sysError(ENOENT, 'open', path)
    if (!this.folders.has(parent(path)) && !exists) throw sysError(ENOENT, 'open', path)
    if (this.full.has(path)) {
      this.contents.set(path, '')
      throw sysError(ENOSPC, 'write', path)
    }
    this.contents.set(path, text)
  }

  makeDirectory(path: string): void {
    if (this.folders.has(path)) throw sysError(EEXIST, 'mkdir', path)
    if (!this.folders.has(parent(path))) throw sysError(ENOENT, 'mkdir', path)
    this.folders.add(path)
  }

  remove(path: string): void {
    if (!this.contents.delete(path)) throw sysError(ENOENT, 'unlink', path)
  }

  list(path: string): string[] {
    if (!this.folders.has(path)) throw sysError(ENOENT, 'open', path)
    return [...this.contents.keys()]
      .filter((name) => parent(name) === path)
      .map((name) => name.slice(path.length + 1))
  }

  readAll(path: string): (readonly [name: string, content: string])[] {
    return this.list(path).map((name) => [name, this.read(`${path}/${name}`)])
  }
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** NLM_F_ACK. */
const acknowledgeFlag = 0x4

function isAcknowledgement(answer: Uint8Array): boolean {
  if (answer.length < 20) return false
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  return view.getUint16(4, true) === 2 && view.getUint32(16, true) === 0
}

/** Answers requests by a function, as the kernel would by what it knows: the tests give it recorded replies. */
export class ScriptedNetlink implements NetlinkSockets {
  /** Every request that was sent, in order. */
  readonly sent: Uint8Array[] = []
  /** How many of them were sent from a child process. */
  aside = 0
  /** Multicast groups that were joined. */
  readonly groups: number[] = []
  readonly #answer: (request: Uint8Array) => readonly Uint8Array[]
  #pending: Uint8Array[] = []
  #next = 1000

  constructor(answer: (request: Uint8Array) => readonly Uint8Array[]) {
    this.#answer = answer
  }

  open(): Handle {
    return this.#next++ as Handle
  }

  /** Several messages in one datagram are several requests; before the last, only who asks for it is told of a success. */
  send(_socket: Handle, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const length = (new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true) + 3) & ~3
      const request = bytes.slice(at, at + length)
      at += length
      this.sent.push(request)
      const isLast = at >= bytes.length
      const asks = isLast || (new DataView(request.buffer).getUint16(6, true) & acknowledgeFlag) !== 0
      this.#pending.push(...this.#answer(request).filter((answer) => asks || !isAcknowledgement(answer)))
    }
  }

  sendAside(socket: Handle, bytes: Uint8Array): void {
    this.aside++
    this.send(socket, bytes)
  }

  closeAside(): void {
    this.aside++
  }

  join(_socket: Handle, group: number): void {
    this.groups.push(group)
  }

  receive(): Uint8Array {
    const next = this.#pending.shift()
    if (next === undefined) throw sysError(11, 'recvfrom')
    return next
  }
}

/** A process whose output is kept. */
export class MemoryProcess implements Process {
  readonly argv0: string
  readonly version = '1.2.3'
  out = ''
  err = ''
  readonly #environment: Readonly<Record<string, string>>
  readonly #stdin: string | undefined

  /** Without `stdin`, reading it is an error of the test: the code must not do it. */
  constructor(
    environment: Readonly<Record<string, string>>,
    { stdin, argv0 = '/opt/cni/bin/podway-cni' }: { readonly stdin?: string; readonly argv0?: string } = {},
  ) {
    this.argv0 = argv0
    this.#environment = environment
    this.#stdin = stdin
  }

  arguments(): string[] {
    return []
  }

  environment(name: string): string | undefined {
    return this.#environment[name]
  }

  stdin(): string {
    if (this.#stdin === undefined) throw new Error('standard input was read')
    return this.#stdin
  }

  stdout(text: string): void {
    this.out += text
  }

  stderr(text: string): void {
    this.err += text
  }
}

/** A system in memory. Its random numbers are 1, 2, 3, …; it has just started, unless it is told otherwise. */
export function memorySystem(parts: {
  readonly process?: Process
  readonly files?: Files
  readonly netlink?: NetlinkSockets
  readonly uptime?: () => number
  /** As much of it as the code under test asks for. */
  readonly serving?: () => Pick<Serving, 'clock' | 'poll'>
}): System {
  let random = 0
  return {
    process: parts.process ?? new MemoryProcess({}),
    files: parts.files ?? new MemoryFiles(),
    netlink: parts.netlink ?? new ScriptedNetlink(() => []),
    random: (length) => Uint8Array.from({ length }, () => (random = (random + 1) & 0xff)),
    uptime: parts.uptime ?? (() => 0),
    serving:
      (parts.serving as System['serving'] | undefined) ??
      ((): never => {
        throw new Error('a verb asked for what only a server needs')
      }),
  }
}
