import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { invokeAsync } from '../../cni/testing/binary.ts'
import type { Contestants } from './contest.ts'

/** What came of it. */
export interface Shared {
  /** An address that somebody got while somebody else had it. */
  readonly givenTwice: readonly string[]
  /** What is reserved when nobody is left. */
  readonly left: readonly string[]
  readonly calls: { readonly ok: number; readonly failed: readonly string[] }
}

/**
 * Pods come and go all at once, each at its own pace; at every call another of the two host-locals is asked, on one
 * folder. Who has which address is written down here, by what they answered and by nothing else: an address is its
 * owner's from the answer to ADD to the call of DEL.
 */
export async function shareFolder(
  { ours, theirs }: Contestants,
  { pods, rounds }: { readonly pods: number; readonly rounds: number },
): Promise<Shared> {
  const dataDir = mkdtempSync('/run/shared-')
  const owners = new Map<string, string>()
  const givenTwice: string[] = []
  const failed: string[] = []
  let ok = 0

  const call = async (command: string, pod: number, folder: string): Promise<readonly string[]> => {
    const containerId = `pod-${pod}`
    const ended = await invokeAsync({
      command,
      containerId,
      netns: '/run/netns/nobody-looks',
      config: {
        cniVersion: '1.0.0',
        name: 'net',
        type: 'host-local',
        // Barely enough, so that what is given back is soon given again.
        ipam: {
          type: 'host-local',
          dataDir,
          ranges: [[{ subnet: '10.1.2.0/24', rangeEnd: `10.1.2.${pods + 3}` }], [{ subnet: 'fd00:1::/121' }]],
        },
      },
      file: join(folder, 'host-local'),
    })
    if (ended.code === 0) ok++
    else failed.push(`${command} of ${containerId} in ${folder}: ${ended.stdout}`)
    const result = ended.json as { readonly ips?: readonly { readonly address: string }[] } | undefined
    return (result?.ips ?? []).map(({ address }) => address)
  }

  const live = async (pod: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const [first, second] = (pod + round) % 2 === 0 ? [ours, theirs] : [theirs, ours]
      const given = await call('ADD', pod, first)
      for (const address of given) {
        const owner = owners.get(address)
        if (owner !== undefined) givenTwice.push(`${address} of ${owner} was given to pod-${pod}`)
        owners.set(address, `pod-${pod}`)
      }
      for (const address of given) owners.delete(address)
      await call('DEL', pod, second)
    }
  }

  try {
    await Promise.all(Array.from({ length: pods }, (_, pod) => live(pod)))
    const left = readdirSync(join(dataDir, 'net')).filter(
      (name) => !/^(lock|last_reserved_ip\.\d|podway\..*)$/.test(name),
    )
    return { givenTwice, left, calls: { ok, failed } }
  } finally {
    rmSync(dataDir, { recursive: true })
  }
}
