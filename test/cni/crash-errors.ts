import type { TracedCall } from '../../cni/testing/trace.ts'

/** What each system call of the node binary may fail with, by its manual page. */
const errorsOf: Readonly<Record<string, readonly string[]>> = {
  chdir: ['EACCES'],
  clone: ['EAGAIN', 'ENOMEM'],
  clock_gettime: ['EPERM'],
  // Whatever it answers, the descriptor is closed; strace would leave it open instead.
  close: [],
  close_range: ['ENOSYS'],
  // It only fails for a descriptor that is closed, but a filter of system calls may say anything.
  fcntl: ['EPERM'],
  flock: ['EINTR', 'ENOLCK'],
  fstat: ['EIO'],
  getdents64: ['EIO'],
  getrandom: ['EINTR', 'ENOSYS'],
  madvise: ['EINVAL', 'ENOMEM'],
  mkdirat: ['ENOSPC', 'EROFS', 'EPERM'],
  mmap: ['ENOMEM'],
  mremap: ['ENOMEM'],
  newfstatat: ['EIO'],
  openat: ['EMFILE', 'EINTR', 'ENFILE'],
  ppoll: ['EINTR', 'ENOMEM'],
  read: ['EINTR', 'EIO'],
  recvfrom: ['EINTR', 'ENOBUFS', 'ENOMEM'],
  rename: ['ENOSPC', 'EROFS'],
  renameat: ['ENOSPC', 'EROFS'],
  rt_sigaction: ['EINVAL'],
  sendto: ['EINTR', 'ENOBUFS', 'EPERM'],
  setns: ['EPERM', 'ENOMEM'],
  setsockopt: ['ENOPROTOOPT', 'ENOBUFS'],
  socket: ['EMFILE', 'ENOBUFS', 'EPERM'],
  unlinkat: ['EROFS', 'EPERM'],
  write: ['EINTR', 'ENOSPC', 'EIO'],
}

/** What it may fail with besides, if it writes. */
const errorsOfWriting = ['ENOSPC', 'EPERM', 'EROFS']

/** Those that every call is given where the run is to be exhaustive. */
const everyError = [
  'ENOSPC',
  'EMFILE',
  'EPERM',
  'ENOBUFS',
  'EINTR',
  'EIO',
  'ENOMEM',
  'EACCES',
  'EROFS',
  'EAGAIN',
]

/**
 * The errors to try on a call.
 * @throws Error for one that is not known here: it has to be looked up first
 */
export function errorsFor(
  { name, line }: TracedCall,
  { exhaustive }: { readonly exhaustive: boolean },
): readonly string[] {
  const errors = errorsOf[name]
  if (errors === undefined) throw new Error(`what can ${name} fail with? Add it to errorsOf`)
  const writing = name === 'openat' && !line.includes('O_RDONLY|O_CLOEXEC') ? errorsOfWriting : []
  // One whose lock stays open would wait for itself.
  const more = exhaustive && name !== 'close' ? everyError : []
  return [...new Set([...errors, ...writing, ...more])]
}
