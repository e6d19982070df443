import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLogger } from '../kube/log.ts'
import { ManualClock, eventually } from '../kube/testing/manual-clock.ts'
import { poolsFile } from './pools-file.ts'

test('a file that comes, changes, and goes is followed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'podway-pools-'))
  const stop = new AbortController()
  try {
    const path = join(folder, 'pools.yaml')
    const clock = new ManualClock()
    const seen: (string | undefined)[] = []
    const following = poolsFile(path, { clock, log: silentLogger }).follow(
      (text) => void seen.push(text),
      stop.signal,
    )
    await eventually('reading 1', () => seen.length === 1)
    await writeFile(path, 'pools: []')
    await clock.advance(10_000)
    await eventually('reading 2', () => seen.length === 2)
    await rm(path)
    await clock.advance(10_000)
    await eventually('reading 3', () => seen.length === 3)
    expect(seen).toEqual([undefined, 'pools: []', undefined])
    stop.abort()
    await following
    expect(clock.untilNext).toBeUndefined()
  } finally {
    stop.abort()
    await rm(folder, { recursive: true })
  }
})
