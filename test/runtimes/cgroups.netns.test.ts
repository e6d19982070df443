import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { describeUnless } from '../install/describe-unless.ts'
import { ControlGroups, whyNoControlGroups } from './cgroups.ts'

const longAgo = Date.UTC(2020, 0)
const folders = (groups: ControlGroups): readonly string[] => groups.outside.map((file) => dirname(file))

describeUnless(whyNoControlGroups(), 'control groups of a test', () => {
  let made: ControlGroups[] = []
  const make = (now?: number): ControlGroups => {
    const groups = ControlGroups.make(now)
    made.push(groups)
    return groups
  }
  afterEach(async () => {
    for (const groups of made)
      if (folders(groups).every((folder) => existsSync(folder))) await groups.remove()
    made = []
  })

  /** A process in all of these groups. */
  async function sleeper(groups: ControlGroups): Promise<ChildProcess> {
    const script = 'for file in "$@"; do echo $$ > "$file" || exit 1; done; echo in; exec sleep 1000'
    const child = spawn('sh', ['-c', script, 'sh', ...groups.outside], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return child
  }

  test('what a killed run has left is cleared away by the next; what runs, or is new, stays', async () => {
    const fresh = make()
    const [left, running] = [make(longAgo), make(longAgo)]
    for (const folder of folders(left)) mkdirSync(join(folder, 'k8s.io'))
    await sleeper(running)
    make()
    expect(folders(left).filter((folder) => existsSync(folder))).toEqual([])
    for (const groups of [running, fresh])
      expect(folders(groups).filter((folder) => !existsSync(folder))).toEqual([])
  })

  test('processes and groups below are seen, and end with it', async () => {
    const groups = make()
    const child = await sleeper(groups)
    for (const folder of folders(groups)) mkdirSync(join(folder, 'pod'))
    expect(groups.processes()).toEqual([child.pid])
    expect(groups.groupsBelow()).toHaveLength(folders(groups).length)
    const ended = once(child, 'exit')
    await groups.remove()
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(folders(groups).filter((folder) => existsSync(folder))).toEqual([])
  })
})
