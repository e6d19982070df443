/* global folder, rounds, seed */
// Calls in any order with arguments of any kind: each gives a value, a SysError, or a TypeError for what is no argument
// at all. What is drawn can't harm the machine: files are changed in `folder` only, and of netlink messages only those
// go out that no family listens to.
export async function run({ files, netlink, process, random, uptime, serving: part }) {
  const serving = part()
  let state = seed
  const draw = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const pick = (list) => list[draw(list.length)]

  const handles = [
    0,
    -0,
    -1,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    2 ** 42,
    2 ** 52,
    2 ** 53,
    1e300,
    1024,
    1025,
  ]
  const locked = []
  const sockets = new Map()
  const strange = [
    undefined,
    null,
    true,
    12n,
    '',
    '7',
    '\0',
    '\ud800',
    '\udc00x',
    'x'.repeat(70000),
    Symbol('s'),
    {},
    [],
    [1],
    () => 1,
    new Uint8Array(3),
    new ArrayBuffer(3),
    new Map(),
    { valueOf: () => 1, toString: () => '/dev/null' },
    {
      get length() {
        throw new Error('no')
      },
    },
    new Error('x'),
    NaN,
    -1,
    0.5,
    2 ** 32,
    2 ** 53,
    -(2 ** 31) - 1,
  ]
  const bytes = () => {
    const length = pick([0, 1, 15, 16, 17, 20, 32, 1000])
    const buffer = new ArrayBuffer(length + 8)
    const view = new Uint8Array(buffer, pick([0, 3, 4]), length)
    for (let i = 0; i < length; i++) view[i] = draw(256)
    // A type below 16 is for no family: the kernel acknowledges it, or not.
    if (length >= 6) view.set([pick([length, 16, 0, 255]) & 255, 0, 0, 0, draw(16), 0])
    if (length > 16) view.fill(0, 16)
    const kind = draw(8)
    if (kind === 0) buffer.transfer()
    if (kind === 1) return new Uint16Array(4)
    if (kind === 2) return new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }))
    return view
  }
  const readable = () =>
    pick([
      '/dev/null',
      '/proc/self/ns/net',
      '/proc/self/ns/uts',
      '/proc/self/stat',
      '/',
      '',
      '.',
      '\0',
      '/nonexistent',
      '/dev/null/x',
      `${folder}/a`,
      folder,
      'x'.repeat(70000),
      '\ud800',
      `/${'y'.repeat(5000)}`,
    ])
  const writable = () => `${folder}/${pick(['a', 'b', 'a/b', '..x', '\0', '\ud800', 'z'.repeat(300), ''])}`
  const handle = () => pick(handles)
  const maybe = (usual) => (draw(12) === 0 ? pick(strange) : usual)
  const text = () => pick(['', 'text', '\0', '\ud800', 'x'.repeat(70000)])

  const calls = [
    () => {
      const opened = files.open(maybe(readable()), pick([undefined, undefined, null]))
      if (typeof opened !== 'number') throw new Error('no handle')
      handles.push(opened)
    },
    () => handles.push(files.open(maybe(writable()), maybe(0o600))),
    () => files.close(maybe(handle())),
    () => files.close(maybe(handle())),
    () => files.descriptor(maybe(handle())),
    () => files.identity(maybe(handle())),
    () => {
      // Two handles of one file would wait for each other.
      const one = handle()
      if (locked.length > 0 && !locked.includes(one)) return
      files.lock(one)
      locked.push(one)
    },
    () => files.read(maybe(readable())),
    () =>
      files.write(
        maybe(writable()),
        maybe(text()),
        maybe(pick(['existing', 'exclusive', 'replace', 'append'])),
        maybe(pick([undefined, 0o600, 0, -1, 2 ** 31])),
        pick([undefined, undefined, handle()]),
      ),
    () => files.makeDirectory(maybe(writable()), maybe(0o755)),
    () => files.remove(maybe(writable())),
    () => files.list(maybe(pick([folder, '/nonexistent', '\0', '/dev/null']))),
    () => files.readAll(maybe(pick([folder, '/nonexistent', '\0', '/dev/null']))),
    () => {
      const socket = netlink.open(maybe(pick([0, 0, 0, 4, -1, 1000])), pick([undefined, undefined, handle()]))
      handles.push(socket)
      sockets.set(socket, 0)
    },
    () => netlink.send(maybe(handle()), maybe(bytes())),
    () => {
      // One that is answered.
      const socket = [...sockets.keys()].at(-1)
      if (socket === undefined) return
      const around = new Uint8Array(64).fill(0xee)
      const request = around.subarray(5, 21)
      request.set([16, 0, 0, 0, 1, 0, 5, 0, 1, 2, 3, draw(256), 0, 0, 0, 0])
      if (draw(20) === 0) netlink.sendAside(socket, request)
      else netlink.send(socket, request)
      const answer = netlink.receive(socket)
      if (answer.length < 20) throw new Error(`an answer of ${answer.length} bytes`)
    },
    () => netlink.sendAside(pick(handles.slice(0, 14)), maybe(bytes())),
    () => netlink.join(maybe(handle()), maybe(pick([0, 1, 31, 32, 1e6, 2 ** 32 - 1]))),
    // Not one that may be a socket: to wait for an answer that nobody sends takes ten seconds.
    () => netlink.receive(pick(handles.slice(0, 12))),
    () => netlink.receive(pick(strange)),
    () => random(maybe(pick([0, 1, 6, 256, 257, 2 ** 31, 2 ** 53]))),
    () => uptime(pick(strange)),
    () => process.environment(maybe(pick(['PATH', '', '=', 'A=B', '\0', '\ud800', 'x'.repeat(70000)]))),
    () => process.stdout(pick(['', undefined, 5, {}, Symbol('s')])),
    () => process.stderr(pick(['', undefined, 5, {}, Symbol('s')])),
    () => handles.push(serving.listen(maybe(writable()), maybe(0o600))),
    () => serving.isServed(maybe(readable())),
    () => {
      const accepted = serving.accept(maybe(handle()))
      if (accepted !== undefined) handles.push(accepted.connection)
    },
    () => serving.receive(maybe(pick(handles.slice(0, 14)))),
    () => serving.receive(pick(strange)),
    () => serving.receiveDatagram(maybe(handle())),
    () => serving.send(maybe(handle()), maybe(bytes()), maybe(pick([0, 0, 1, 16, 2000, 2 ** 53]))),
    () =>
      serving.poll(
        maybe([handle(), handle(), handle()]),
        maybe([draw(4), draw(4), 255]),
        pick([0, 0, 1, 'x']),
      ),
    () => {
      const one = handle()
      if (locked.length > 0 && !locked.includes(one)) return
      if (serving.tryLock(one)) locked.push(one)
    },
    () => serving.tryLock(pick(strange)),
    () => serving.clock(pick(strange)),
    () => serving.encodeText(maybe(text())),
    () => serving.decodeText(maybe(bytes())),
    () => serving.status(maybe(readable())),
    // A disk takes its time for these two.
    () =>
      serving.writeDurably(
        draw(20) === 0 ? writable() : maybe('/nonexistent/x'),
        maybe(text()),
        maybe(pick([0o600, 0, 2 ** 31])),
      ),
    () => serving.compareExecutable(maybe(pick(['/dev/null', '/', '/nonexistent', `${folder}/a`, '\0']))),
    () => serving.rename(maybe(writable()), maybe(writable())),
    () => serving.syncFolder(maybe(pick(['/proc', '/nonexistent', '/dev/null', '\0']))),
    () => part(pick(strange)),
    // Not one that waits for ever, or makes copies of a large program.
    () =>
      pick([serving.listen, serving.accept, serving.receive, serving.send, serving.status, serving.rename])(),
    // Fewer arguments than there should be, or more.
    () => pick(Object.values(files))(),
    () => pick([netlink.open, netlink.send, netlink.sendAside, netlink.join, netlink.receive, random])(),
    () => files.read('/dev/null', ...strange),
    () => new (pick(Object.values(files)))(handle()),
  ]

  let values = 0
  const told = new Set()
  for (let i = 0; i < rounds; i++) {
    const number = draw(calls.length)
    try {
      calls[number]()
      values++
    } catch (error) {
      const known =
        error instanceof TypeError ||
        (error instanceof Error &&
          error.name === 'SysError' &&
          Number.isInteger(error.errno) &&
          error.errno > 0 &&
          error.errno < 4096 &&
          typeof error.syscall === 'string' &&
          error.syscall !== '' &&
          (error.path === undefined || typeof error.path === 'string'))
      if (!known)
        throw new Error(`call ${number} in round ${i}: ${String(error?.name)}: ${String(error?.message)}`, {
          cause: error,
        })
      told.add(error.name + error.syscall)
    }
    // Handles that are closed stay in the list: they must not come back to life.
    if (handles.length > 300)
      for (const one of handles.splice(14, 200)) {
        sockets.delete(one)
        try {
          files.close(one)
        } catch {
          /* Closed already. */
        }
      }
  }
  if (values < rounds / 10) throw new Error(`only ${values} of ${rounds} calls gave a value`)
  if (told.size < 8) throw new Error(`only these errors: ${[...told].join()}`)
  return 0
}
