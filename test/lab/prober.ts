/**
 * A program: one end of the probes, started in a pod's or a machine's network namespace. It listens on both families and
 * tells every client which address it came from; told by a line on standard input, it connects to another prober. It
 * ends with its standard input.
 */
import { type Socket, connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { type ProbeAnswer, type ProbeMessage, type ProbeRequest, probePort } from './probe-protocol.ts'

const say = (message: ProbeMessage): void => void process.stdout.write(`${JSON.stringify(message)}\n`)

/** Resolves to whether the namespace has the family at all. */
function listen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(socket.remoteAddress ?? '')
    })
    server.once('error', () => resolve(false))
    server.listen({ host, port: probePort, ipv6Only: true, backlog: 1024 }, () => resolve(true))
  })
}

function probe({ host, timeoutMs }: ProbeRequest): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    let seen = ''
    let localAddress = ''
    const socket: Socket = connect(
      { host, port: probePort },
      () => (localAddress = socket.localAddress ?? ''),
    )
    const finish = (answer: ProbeAnswer): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => finish({ ok: false, error: 'timeout' }), timeoutMs)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (seen += text))
    socket.once('end', () => finish({ ok: true, localAddress, seenByServer: seen }))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      finish({ ok: false, error: error.code ?? error.message }),
    )
  })
}

const v4 = await listen('0.0.0.0')
const v6 = await listen('::')
say({ kind: 'ready', families: [...(v4 ? ([4] as const) : []), ...(v6 ? ([6] as const) : [])] })

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const request = JSON.parse(line) as ProbeRequest
  void probe(request).then((answer) => say({ kind: 'answer', id: request.id, ...answer }))
})
lines.once('close', () => process.exit(0))
