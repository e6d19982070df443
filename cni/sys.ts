/**
 * The port to the operating system: all that the node binary can do besides computing. The host (`cni/host`) implements
 * it with system calls and decides nothing.
 *
 * Every function returns a value or throws a {@link SysError}. Paths and contents are strings: UTF-8 without NUL, as all
 * of ours are; what is not UTF-8 is EILSEQ, a path with NUL is EINVAL. Byte arrays are copied in both directions.
 */
export interface System {
  readonly process: Process
  readonly files: Files
  readonly netlink: NetlinkSockets
  /** `length` bytes (at most 256) from the kernel's random number generator. */
  random(length: number): Uint8Array
  /** Whole seconds since the machine started, those that it slept included. Nobody can set this clock. */
  uptime(): number
  /** What only a program needs that stays. It is put together when it is asked for, so that no verb waits for it. */
  serving(): Serving
}

/** A failed system call. */
export interface SysError extends Error {
  readonly name: 'SysError'
  /** The kernel's number, one of {@link Errno} or another. */
  readonly errno: number
  /** The call's name in section 2 of the manual. */
  readonly syscall: string
  readonly path?: string | undefined
}

/** Whether a caught value is a failed system call, with that number if one is given. */
export function isSysError(error: unknown, errno?: number): error is SysError {
  return (
    error instanceof Error &&
    error.name === 'SysError' &&
    (errno === undefined || (error as SysError).errno === errno)
  )
}

/** The error numbers that are acted upon. They are the same on every architecture we build for. */
export const Errno = {
  ENOENT: 2,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  EROFS: 30,
  ERESTART: 85,
  EPROTONOSUPPORT: 93,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  EHOSTUNREACH: 113,
} as const

/**
 * An open descriptor, until it is closed. Handles are never used again: an old one is EBADF, it never comes to mean
 * another file.
 */
export type Handle = number & { readonly opaque: unique symbol }

export interface Process {
  /** The name that the program was called by, as given: perhaps a path. */
  readonly argv0: string
  /** What stands behind the name on the command line; runtimes put nothing there. */
  arguments(): string[]
  /** The program's own version. */
  readonly version: string
  environment(name: string): string | undefined
  /** Reads standard input to its end (EFBIG over 4 MiB). */
  stdin(): string
  /** Writes all of the text, unbuffered. */
  stdout(text: string): void
  stderr(text: string): void
}

export interface Files {
  /** Opens for reading; with a mode, creates an empty file where there is none. */
  open(path: string, createMode?: number): Handle
  close(handle: Handle): void
  /** The number that the kernel has for an open descriptor, for messages that carry one. Valid until it is closed. */
  descriptor(handle: Handle): number
  /** Equal exactly for descriptors of the same file, or of the same namespace. */
  identity(handle: Handle): string
  /** Waits for the exclusive flock(2); closing the handle unlocks. */
  lock(handle: Handle): void
  /** The whole content (EFBIG over 1 MiB). */
  read(path: string): string
  /**
   * Opens, writes all of the text, closes. When the write fails (`syscall` is `write`), the file stays as it is then.
   * With a namespace, the path means what it means to a process in that network namespace: so sysctls are reached that
   * netlink does not know.
   */
  write(path: string, text: string, disposition: Disposition, mode?: number, namespace?: Handle): void
  /** Makes one directory. */
  makeDirectory(path: string, mode: number): void
  remove(path: string): void
  /** The names in a directory, in no order. */
  list(path: string): string[]
  /**
   * Names and contents of the files in a directory, in no order. What can't be read, or is longer than 1 MiB, is left
   * out; bytes that are not UTF-8 become U+FFFD. EMFILE, ENFILE and ENOMEM are thrown: a later try may find more.
   */
  readAll(path: string): (readonly [name: string, content: string])[]
}

/**
 * - `existing`: the file must be there; overwritten in place, not truncated (sysctls);
 * - `exclusive`: the file must not be there (EEXIST);
 * - `replace`: created or emptied first.
 */
export type Disposition = 'existing' | 'exclusive' | 'replace'

/** Raw netlink: whole datagrams to the kernel and from it. The codec is in `netlink/`. */
export interface NetlinkSockets {
  /**
   * Opens a socket of that netlink family, in the namespace if one is given: the only way to work in another namespace.
   * The process is back in its own when this returns, or it has ended.
   */
  open(protocol: number, namespace?: Handle): Handle
  send(socket: Handle, bytes: Uint8Array): void
  /**
   * The same, from a child process, which does nothing else and ends when the kernel has done what it was asked for. The
   * kernel works inside of the call that sends; so this one returns at once, and what it says comes to the socket while
   * it works. The child keeps nothing of ours open but the socket, and may outlive this process. Without a child to be
   * had, it is `send`. An error of the child's own call (there is no memory, say) is seen by nobody: no answer comes.
   */
  sendAside(socket: Handle, bytes: Uint8Array): void
  /**
   * Closes a socket whose end the kernel would make us wait for: a child process, which keeps nothing of ours open but the
   * socket, is the last to let go of it, some time after this returns. Without a child to be had, it is closed at once.
   */
  closeAside(socket: Handle): void
  /** Lets the kernel's announcements of that group come to the socket too, from now on. */
  join(socket: Handle, group: number): void
  /**
   * The next datagram from the kernel, never a part of one (EMSGSIZE); EAGAIN if none comes in ten seconds, ENOBUFS if
   * announcements were lost that nobody received in time.
   */
  receive(socket: Handle): Uint8Array
}

/**
 * For `podway-cni serve`: sockets that other programs connect to, one place to wait, and files that are exchanged as a
 * whole. What waits here never blocks: `poll` is the only wait. From the first call on, the engine looks for garbage
 * that refers to itself, as it doesn't in programs of a millisecond, and child processes leave nothing behind.
 */
export interface Serving {
  /** Milliseconds of a clock that nobody can set. */
  clock(): number
  /** Readable when SIGTERM or SIGINT has come: from now on those end nothing by themselves. */
  endings(): Handle
  /**
   * Waits until one of the handles is ready, or so many milliseconds have passed (undefined: for ever): what is ready of
   * each, in their order. One whose other side is gone is ready for what it was asked for.
   */
  poll(handles: readonly Handle[], wanted: readonly Ready[], milliseconds: number | undefined): Ready[]

  /** A listening unix stream socket, whose file gets that mode. EADDRINUSE if there is something of that name. */
  listen(path: string, mode: number): Handle
  /** Whether somebody listens there: false where nothing is, or what a server has left behind. */
  isServed(path: string): boolean
  /** The next one who has connected, and the user that it was then; undefined if nobody waits. */
  accept(listening: Handle): { readonly connection: Handle; readonly user: number } | undefined
  /** Bytes that have come: none at the end, undefined if there is nothing yet. */
  receive(connection: Handle): Uint8Array | undefined
  /** How many of the bytes were taken, from `offset` on: perhaps none. EPIPE if nobody will read them. */
  send(connection: Handle, bytes: Uint8Array, offset: number): number
  /** A datagram of a netlink socket, undefined if there is none. Otherwise as {@link NetlinkSockets.receive}. */
  receiveDatagram(socket: Handle): Uint8Array | undefined

  encodeText(text: string): Uint8Array
  /** EILSEQ if the bytes are not UTF-8. */
  decodeText(bytes: Uint8Array): string

  /** Takes the exclusive flock(2), if nobody else has it; closing the handle unlocks. */
  tryLock(handle: Handle): boolean
  /** What is known of a file without opening it, of a symbolic link itself; undefined if there is none. */
  status(path: string): FileStatus | undefined
  /** Makes a file that must not be there, with exactly that mode: the disk has all of the text when this returns. */
  writeDurably(path: string, text: string, mode: number): void
  /** Makes a copy of this very executable, with mode 0755, as {@link writeDurably} does. */
  copyExecutable(path: string): void
  /** What a file is to this executable: the same content, another build of the same program, or something else. */
  compareExecutable(path: string): 'same' | 'build' | 'other'
  /** Gives a file another name, in place of what has it. */
  rename(from: string, to: string): void
  /** The disk has the folder's names when this returns. */
  syncFolder(path: string): void
}

/** Bits of what a handle is, or should be, ready for. */
export const Ready = { nothing: 0, read: 1, write: 2, both: 3 } as const
export type Ready = (typeof Ready)[keyof typeof Ready]

export interface FileStatus {
  readonly kind: 'file' | 'folder' | 'link' | 'socket' | 'other'
  /** The permission bits. */
  readonly mode: number
  readonly size: number
  /** Of the content's last change, in seconds since 1970. */
  readonly modified: number
  /** As {@link Files.identity}. */
  readonly identity: string
}
