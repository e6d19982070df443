import { vi } from 'vitest'
import { LoggingProcess } from '../../agent/testing/agent-process.ts'
import type { RuntimeNode } from './runtime-node.ts'

/** Packets that are seen until traffic counts as flowing. */
const some = 15

/** Packets from a container to somebody who answers them, fifty a second, each of which is counted. */
export class Traffic {
  readonly #process: LoggingProcess

  private constructor(process: LoggingProcess) {
    this.#process = process
  }

  /** From the container that has this address, whichever runtime runs it. */
  static async start(node: RuntimeNode, from: string, to: string): Promise<Traffic> {
    const namespace = await namespaceOf(node, from)
    const ping = ['busybox', 'ping', '-i', '0.02', to]
    const traffic = new Traffic(new LoggingProcess(node.command(['nsenter', `--net=${namespace}`, ...ping])))
    await traffic.flows()
    return traffic
  }

  /** Resolves when packets have been answered that were sent from now on. */
  async flows(): Promise<void> {
    const before = this.#answered().at(-1) ?? -1
    await vi.waitFor(
      () => {
        const last = this.#answered().at(-1) ?? -1
        if (last < before + some)
          throw new Error(`it does not flow: ${JSON.stringify(this.#process.log.slice(-3))}`)
      },
      { timeout: 20_000, interval: 20 },
    )
  }

  /** Ends it: the numbers of the packets that were not answered, before the last one that was. */
  async lost(): Promise<readonly number[]> {
    await this.#process.stop('SIGKILL')
    const answered = this.#answered()
    const seen = new Set(answered)
    return Array.from({ length: (answered.at(-1) ?? -1) + 1 }, (_, number) => number).filter(
      (number) => !seen.has(number),
    )
  }

  #answered(): readonly number[] {
    return this.#process.log.flatMap(({ msg }) => {
      const found = /bytes from .* seq=(\d+)/.exec(String(msg))?.[1]
      return found === undefined ? [] : [Number(found)]
    })
  }
}

/** The path of the network namespace that has this address, of those that runtimes keep in their folder. */
async function namespaceOf(node: RuntimeNode, address: string): Promise<string> {
  const script = `
    for file in /run/netns/*; do
      nsenter --net="$file" ip -o addr show | grep -qF " $1/" && echo "$file"
    done; true`
  const found = (await node.mustExec(['sh', '-c', script, 'sh', address])).trim()
  if (found === '' || found.includes('\\n')) throw new Error(`no namespace has ${address} alone: ${found}`)
  return found
}
