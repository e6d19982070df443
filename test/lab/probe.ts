import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Family } from '../../net/address.ts'
import { formatAddress, parseAddress } from '../../net/address.ts'
import type { ProbeAnswer, ProbeMessage, ProbeRequest } from './probe-protocol.ts'
import type { Command } from './run.ts'

/** A running prober process. */
export class Prober {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, (answer: ProbeAnswer) => void>()
  #nextId = 0
  #ended = false
  readonly #closed: Promise<void>

  private constructor(child: ChildProcess, onReady: () => void) {
    this.#child = child
    this.#closed = new Promise((resolve) => {
      child.once('close', () => {
        this.#ended = true
        for (const answer of this.#pending.values()) answer({ ok: false, error: 'prober ended' })
        this.#pending.clear()
        resolve()
      })
    })
    if (child.stdout === null) throw new Error('a prober needs pipes')
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as ProbeMessage
      if (message.kind === 'ready') {
        onReady()
      } else {
        this.#pending.get(message.id)?.(message)
        this.#pending.delete(message.id)
      }
    })
    child.stdin?.on('error', () => undefined)
  }

  /**
   * Starts the prober program; resolves when it listens. `command` runs it where it belongs:
   * `machine.command([process.execPath, proberFile], pod)`.
   * @throws Error if the program ends instead; its message has what it said
   */
  static async start(command: Command): Promise<Prober> {
    const child = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', () => reject(new Error(`the prober did not start: ${said.trim()}`)))
      const prober: Prober = new Prober(child, () => resolve(prober))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Connects from there to the prober at that address. Never rejects: a failure is an answer. */
  connect(host: string, timeoutMs: number): Promise<ProbeAnswer> {
    if (this.#ended) return Promise.resolve({ ok: false, error: 'prober ended' })
    return new Promise((resolve) => {
      const request: ProbeRequest = { id: this.#nextId++, host, timeoutMs }
      this.#pending.set(request.id, resolve)
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    })
  }

  /** Ends the process. Idempotent. */
  async stop(): Promise<void> {
    this.#child.stdin?.end()
    await this.#closed
  }
}

/** A prober and the addresses it is reached at. */
export interface Endpoint {
  readonly name: string
  readonly prober: Prober
  readonly addresses: Readonly<Partial<Record<Family, string>>>
  /**
   * `pod`: the source address that the other side sees has to be one of `addresses`. `machine`: it only has to be what
   * the client's own socket says, since a machine has several addresses to choose from.
   */
  readonly kind: 'pod' | 'machine'
}

export interface Probe {
  readonly from: Endpoint
  readonly to: Endpoint
  readonly family: Family
}

export type ProbeVerdict =
  | { readonly kind: 'ok' }
  /** It got through, but the server saw another address than the client has. */
  | { readonly kind: 'natted'; readonly local: string; readonly seen: string }
  | { readonly kind: 'failed'; readonly error: string }

export interface ProbeResult {
  readonly probe: Probe
  readonly verdict: ProbeVerdict
}

export interface ProbeReport {
  readonly sent: number
  readonly ok: number
  readonly natted: number
  /** Every probe that is not ok, natted ones too, in the order sent. */
  readonly failures: readonly ProbeResult[]
  /** All, in the order sent. */
  readonly results: readonly ProbeResult[]
}

/** Every endpoint to every other one, on each family that both have. */
export function everyPair(from: readonly Endpoint[], to: readonly Endpoint[] = from): readonly Probe[] {
  return from.flatMap((client) =>
    to
      .filter((server) => server !== client)
      .flatMap((server) =>
        ([4, 6] as const)
          .filter((family) => hasFamily(client, family) && hasFamily(server, family))
          .map((family) => ({ from: client, to: server, family })),
      ),
  )
}

const hasFamily = (endpoint: Endpoint, family: Family): boolean => endpoint.addresses[family] !== undefined

export interface ProbeOptions {
  /** How many at a time. */
  readonly concurrency?: number
  /** Milliseconds for each. The first SYN that is lost is sent again after one second. */
  readonly timeoutMs?: number
  readonly onResult?: (result: ProbeResult) => void
}

/** Sends the probes. Never rejects for a probe that fails. */
export async function runProbes(probes: readonly Probe[], options: ProbeOptions = {}): Promise<ProbeReport> {
  const results: ProbeResult[] = []
  const queue = probes.entries()
  const worker = async (): Promise<void> => {
    // The iterator is shared: each probe is taken by one worker.
    for (const [index, probe] of queue) {
      const answer = await probe.from.prober.connect(
        probe.to.addresses[probe.family] ?? '',
        options.timeoutMs ?? 3000,
      )
      const result = { probe, verdict: judge(probe, answer) }
      results[index] = result
      options.onResult?.(result)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency ?? 16 }, worker))
  const count = (kind: ProbeVerdict['kind']): number =>
    results.filter(({ verdict }) => verdict.kind === kind).length
  return {
    sent: probes.length,
    ok: count('ok'),
    natted: count('natted'),
    failures: results.filter(({ verdict }) => verdict.kind !== 'ok'),
    results,
  }
}

/** {@link runProbes} over {@link everyPair}. */
export const probeMatrix = (
  endpoints: readonly Endpoint[],
  options: ProbeOptions = {},
): Promise<ProbeReport> => runProbes(everyPair(endpoints), options)

/** What an answer means for this probe. */
export function judge(
  probe: Pick<Probe, 'family'> & { readonly from: Pick<Endpoint, 'kind' | 'addresses'> },
  answer: ProbeAnswer,
): ProbeVerdict {
  if (!answer.ok) return { kind: 'failed', error: answer.error }
  const local = canonical(answer.localAddress)
  const seen = canonical(answer.seenByServer)
  const own = probe.from.addresses[probe.family]
  const expected = probe.from.kind === 'pod' && own !== undefined ? canonical(own) : local
  return seen === local && local === expected ? { kind: 'ok' } : { kind: 'natted', local, seen }
}

/** An address that can't be read is compared as it stands: it never equals one that can. */
function canonical(text: string): string {
  try {
    return formatAddress(parseAddress(text))
  } catch {
    return text
  }
}

/** `node-a/pod-1 → node-b/pod-2 (IPv6): EHOSTUNREACH` */
export function describeResult({ probe, verdict }: ProbeResult): string {
  const what = `${probe.from.name} → ${probe.to.name} (IPv${probe.family})`
  switch (verdict.kind) {
    case 'ok':
      return `${what}: ok`
    case 'natted':
      return `${what}: the client is ${verdict.local}, the server saw ${verdict.seen}`
    case 'failed':
      return `${what}: ${verdict.error}`
  }
}
