/* global folder */
// What each call of the host answers when it can't be done: one case at least for every way to fail.
export async function run({ files, netlink, process, random, serving: part }) {
  const serving = part()
  const handle = files.open('/dev/null')
  const socket = netlink.open(0)
  const directory = files.open('/')
  const closed = files.open('/dev/null')
  files.close(closed)
  const path = (name) => `${folder}/${name}`
  files.write(path('file'), 'text', 'exclusive')
  const long = `/${'x'.repeat(5000)}`
  const loop = '/proc/self/root/'.repeat(60)
  const noNamespace = files.open('/proc/self/ns/uts')

  const listening = serving.listen(path('socket'), 0o600)
  serving.writeDurably(path('durable'), 'text', 0o640)

  const failures = [
    ['open', 2, () => files.open('/nonexistent')],
    ['open', 20, () => files.open('/dev/null/x')],
    ['open', 22, () => files.open('a\0b')],
    ['open', 36, () => files.open(long)],
    ['open', 2, () => files.open('')],
    ['open', 2, () => files.open('/nonexistent/folder/file', 0o600)],
    ['open', 40, () => files.open(loop.slice(0, 4000))],
    ['close', 9, () => files.close(closed)],
    ['close', 9, () => files.close(-1)],
    ['close', 9, () => files.close(NaN)],
    ['close', 9, () => files.close(Infinity)],
    ['close', 9, () => files.close(handle + 0.5)],
    ['close', 9, () => files.close(2 ** 53)],
    ['fcntl', 9, () => files.descriptor(closed)],
    ['fstat', 9, () => files.identity(closed)],
    ['flock', 9, () => files.lock(closed)],
    ['open', 2, () => files.read('/nonexistent')],
    ['read', 21, () => files.read('/')],
    ['open', 22, () => files.read('\0')],
    ['read', 27, () => files.read('/dev/zero')],
    ['open', 2, () => files.write('/nonexistent/x', '', 'replace')],
    ['open', 17, () => files.write(path('file'), '', 'exclusive')],
    ['open', 2, () => files.write(path('missing'), '', 'existing')],
    ['open', 21, () => files.write(folder, '', 'existing')],
    ['open', 22, () => files.write('\0', '', 'replace')],
    ['write', 28, () => files.write('/dev/full', 'x', 'existing')],
    ['setns', 9, () => files.write(path('x'), '', 'replace', 0o600, closed)],
    ['setns', 22, () => files.write(path('x'), '', 'replace', 0o600, handle)],
    ['mkdir', 17, () => files.makeDirectory(folder, 0o755)],
    ['mkdir', 2, () => files.makeDirectory('/nonexistent/x', 0o755)],
    ['mkdir', 22, () => files.makeDirectory('\0', 0o755)],
    ['unlink', 2, () => files.remove(path('missing'))],
    ['unlink', 21, () => files.remove(folder)],
    ['unlink', 22, () => files.remove('\0')],
    ['open', 2, () => files.list('/nonexistent')],
    ['open', 20, () => files.list(path('file'))],
    ['open', 2, () => files.readAll('/nonexistent')],
    ['open', 20, () => files.readAll(path('file'))],
    ['socket', 93, () => netlink.open(-1)],
    ['socket', 93, () => netlink.open(1000)],
    ['setns', 9, () => netlink.open(0, closed)],
    ['setns', 22, () => netlink.open(0, handle)],
    ['setns', 22, () => netlink.open(0, noNamespace)],
    ['sendto', 9, () => netlink.send(closed, new Uint8Array(16))],
    ['sendto', 88, () => netlink.send(handle, new Uint8Array(16))],
    ['sendto', 90, () => netlink.send(socket, new Uint8Array(4 << 20))],
    ['sendto', 9, () => netlink.sendAside(closed, new Uint8Array(16))],
    ['close', 9, () => netlink.closeAside(closed)],
    ['setsockopt', 9, () => netlink.join(closed, 1)],
    ['setsockopt', 88, () => netlink.join(directory, 1)],
    ['setsockopt', 22, () => netlink.join(socket, 4000000)],
    ['recvfrom', 9, () => netlink.receive(closed)],
    ['recvfrom', 88, () => netlink.receive(handle)],
    ['getrandom', 22, () => random(257)],
    ['bind', 98, () => serving.listen(path('socket'), 0o600)],
    ['bind', 98, () => serving.listen(path('file'), 0o600)],
    ['bind', 2, () => serving.listen('/nonexistent/socket', 0o600)],
    ['bind', 2, () => serving.listen('', 0o600)],
    ['bind', 22, () => serving.listen('a\0b', 0o600)],
    ['bind', 36, () => serving.listen(`/${'x'.repeat(107)}`, 0o600)],
    ['connect', 22, () => serving.isServed('\0')],
    ['connect', 36, () => serving.isServed(long)],
    ['connect', 20, () => serving.isServed('/dev/null/x')],
    ['accept4', 9, () => serving.accept(closed)],
    ['accept4', 88, () => serving.accept(handle)],
    ['accept4', 95, () => serving.accept(socket)],
    ['recvfrom', 9, () => serving.receive(closed)],
    ['recvfrom', 88, () => serving.receive(directory)],
    ['recvfrom', 9, () => serving.receiveDatagram(closed)],
    ['recvfrom', 88, () => serving.receiveDatagram(handle)],
    ['sendto', 9, () => serving.send(closed, new Uint8Array(1), 0)],
    ['sendto', 88, () => serving.send(handle, new Uint8Array(1), 0)],
    ['sendto', 22, () => serving.send(listening, new Uint8Array(1), 2)],
    ['ppoll', 9, () => serving.poll([handle, closed], [1, 1], 0)],
    ['decode', 84, () => serving.decodeText(new Uint8Array([0xff]))],
    ['flock', 9, () => serving.tryLock(closed)],
    ['newfstatat', 22, () => serving.status('\0')],
    ['newfstatat', 36, () => serving.status(long)],
    ['open', 17, () => serving.writeDurably(path('durable'), '', 0o600)],
    ['open', 2, () => serving.writeDurably('/nonexistent/x', '', 0o600)],
    ['open', 17, () => serving.copyExecutable(path('durable'))],
    ['open', 2, () => serving.compareExecutable('/nonexistent')],
    ['read', 21, () => serving.compareExecutable('/')],
    ['rename', 2, () => serving.rename(path('missing'), path('x'))],
    ['rename', 22, () => serving.rename('\0', path('x'))],
    ['rename', 22, () => serving.rename(path('durable'), '\0')],
    ['rename', 18, () => serving.rename(path('durable'), '/proc/x')],
    ['open', 20, () => serving.syncFolder(path('file'))],
    ['open', 2, () => serving.syncFolder('/nonexistent')],
  ]
  for (const [syscall, errno, call] of failures) {
    let failed
    try {
      call()
    } catch (error) {
      failed = error
    }
    const told = `${call}: ${failed?.name} ${failed?.syscall} ${failed?.errno}: ${failed?.message}`
    if (!(failed instanceof Error) || failed.name !== 'SysError') throw new Error(told)
    // Without the right to enter namespaces, that is what the kernel says first.
    const mayBe = syscall === 'setns' && failed.errno === 1
    if (failed.syscall !== syscall || (failed.errno !== errno && !mayBe)) throw new Error(told)
    if (!failed.message.startsWith(syscall)) throw new Error(told)
  }

  // More descriptors than there are handles, or than the system has for us.
  let taken = 0
  try {
    for (; taken < 5000; taken++) files.open('/dev/null')
    return 1
  } catch (error) {
    if (error.name !== 'SysError' || error.errno !== 24 || taken < 200)
      throw new Error(`after ${taken}: ${error}`, { cause: error })
  }
  if (process.environment('A=B') !== undefined) return 2
  return 0
}
