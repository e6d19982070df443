import { existsSync, readdirSync } from 'node:fs'
import { ipBatch, writeSysctls } from '../../lab/namespace.ts'
import { mustRun } from '../../lab/run.ts'

/** Network namespaces as a runtime makes them before an ADD: loopback up, nothing else. They are used again and again. */
export async function createPods(names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mustRun({ file: 'ip', args: ['netns', 'add', name] })
    await ipBatch(name, ['link set lo up'])
  }
}

/** Switches the detection of duplicate addresses off in a pod's namespace, for interfaces to come. */
export async function withoutDuplicateDetection(pod: string): Promise<void> {
  await writeSysctls(pod, { 'net/ipv6/conf/all/accept_dad': 0, 'net/ipv6/conf/default/accept_dad': 0 })
}

export async function deletePods(names: readonly string[]): Promise<void> {
  for (const name of names) await mustRun({ file: 'ip', args: ['netns', 'del', name] })
}

/** The interfaces of a pod's namespace, or of the current one, but loopback. */
export async function interfaces(pod?: string): Promise<readonly string[]> {
  const where = pod === undefined ? [] : ['-n', pod]
  const links = JSON.parse(await mustRun({ file: 'ip', args: [...where, '-j', 'link'] })) as readonly {
    readonly ifname: string
  }[]
  return links.map(({ ifname }) => ifname).filter((name) => name !== 'lo')
}

/** The addresses that are reserved below host-local's folder. */
export function reservations(dataDir: string): readonly string[] {
  if (!existsSync(dataDir)) return []
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /[.:][0-9a-f]+$/.test(path) && !path.includes('last_reserved_ip'),
  )
}

/** @throws Error that names what DELs left behind */
export async function expectNothingLeft(pods: readonly string[], dataDir: string): Promise<void> {
  const left = [...(await interfaces()), ...reservations(dataDir)]
  for (const pod of pods) left.push(...(await interfaces(pod)).map((name) => `${name} in ${pod}`))
  if (left.length > 0) throw new Error(`the plugins left behind: ${left.join(', ')}`)
}
