import { type Server, connect, createServer } from 'node:net'
import { type Address, formatAddress } from '../../net/address.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Probed } from './reachability.ts'
import type { Probe } from './peers.ts'

/** How nodes ask each other. */
export interface ProbeTransport {
  /** Never rejects. An abort counts as no answer. */
  probe(probe: Probe, signal: AbortSignal): Promise<Probed>
  /** Answers others at that address from now on. @throws Error if it can't, as while the address is not there yet */
  answer(address: Address): Promise<Answerer>
}

export interface Answerer {
  close(): Promise<void>
}

/** A SYN that is lost is sent again after one second; the answer to that one counts. */
const timeoutMs = 2_500

/**
 * TCP, for what is asked is whether pods reach pods, and that is what most of them speak: firewalls let it through, or not,
 * as they do with theirs. A connection is answered by the kernel, so a busy agent is not taken for a broken network. Nothing
 * is said over it, so nobody can make two nodes talk to each other without end, or one to a third, as with UDP's echo.
 *
 * A refusal is an answer too: the packets went there and back, and the agent is away.
 */
export function tcpProbe(port: number, clock: Clock): ProbeTransport {
  return {
    probe: (probe, signal) => probeTcp(probe, port, clock, signal),
    answer: (address) => answerTcp(address, port),
  }
}

function probeTcp(probe: Probe, port: number, clock: Clock, signal: AbortSignal): Promise<Probed> {
  const start = clock.monotonic()
  return new Promise((resolve) => {
    const socket = connect({
      host: formatAddress(probe.to),
      port,
      localAddress: formatAddress(probe.from),
      family: probe.to.family,
    })
    const end = (failure?: string): void => {
      timer.cancel()
      signal.removeEventListener('abort', stop)
      socket.destroy()
      const ms = clock.monotonic() - start
      resolve(failure === undefined ? { probe, ms } : { probe, ms: undefined, why: failure })
    }
    const stop = (): void => end('stopped')
    const timer = clock.setTimeout(() => end(`no answer within ${timeoutMs / 1000} s`), timeoutMs)
    signal.addEventListener('abort', stop, { once: true })
    socket.once('connect', () => end())
    // Behind the end as well: nobody else listens.
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' ? undefined : (code ?? message)),
    )
    if (signal.aborted) stop()
  })
}

async function answerTcp(address: Address, port: number): Promise<Answerer> {
  // That there is a connection is all that was asked.
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: formatAddress(address), port, exclusive: true }, resolve)
  })
  // One that fails later is opened anew by the next round of whoever keeps it.
  server.on('error', () => undefined)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}
