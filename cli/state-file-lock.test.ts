import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import type { LedgerRecord } from '../reconciler/ledger/record.ts'
import { record } from '../reconciler/testing/values.ts'
import { StateFile, readStateFile } from './state-file.ts'
import type { Surroundings } from './state-file-lock.ts'

const never = new AbortController().signal
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-lock-'))
  path = join(folder, 'routes.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const of = (destination: string, more: Partial<LedgerRecord> = {}): LedgerRecord =>
  record({ destination: parseCidr(destination), ...more })
const destinations = async (): Promise<readonly string[]> =>
  (await readStateFile(path)).map(({ destination }) => formatCidr(destination))
const lockedError = (): unknown =>
  expect.objectContaining({ name: 'StateFileError', code: 'ERR_STATE_FILE_LOCKED', path })

let tokens = 0
const process7: Surroundings = {
  pid: 7,
  host: 'here',
  isRunning: (pid) => pid === 7 || pid === 8,
  makeToken: () => `token ${tokens++}`,
}
const process8: Surroundings = { ...process7, pid: 8 }
const lock = (): string => `${path}.lock`

test('a second one is told by whom the file is used, and what to do', async () => {
  await using _file = await StateFile.open(path, process7)
  const opened = StateFile.open(path, process8)
  await expect(opened).rejects.toEqual(lockedError())
  await expect(StateFile.open(path, process8)).rejects.toThrow(
    `The state file is in use by process 7 on host "here": ${path}. Wait until it is done. If it runs no more, delete ${lock()}.`,
  )
})

test('nor twice in one process', async () => {
  await using _file = await StateFile.open(path, process7)
  await expect(StateFile.open(path, process7)).rejects.toEqual(lockedError())
})

test('it may be read meanwhile', async () => {
  await using file = await StateFile.open(path, process7)
  await file.intend(record(), never)
  expect(await destinations()).toEqual(['10.244.3.0/24'])
})

test('after the first has closed it, the next', async () => {
  await (await StateFile.open(path, process7)).close()
  await using _file = await StateFile.open(path, process8)
  expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: 8, host: 'here' })
  expect(statSync(lock()).mode & 0o777).toBe(0o600)
})

test.each<[name: string, holder: string, taken: boolean]>([
  ['of a dead process', '{"pid":9,"host":"here","token":"x"}', true],
  ['of the process that had our id before', '{"pid":7,"host":"here","token":"x"}', true],
  ['of a living process', '{"pid":8,"host":"here","token":"x"}', false],
  ['of another host', '{"pid":9,"host":"there","token":"x"}', false],
  ['of somebody unknown', '', false],
  ['of somebody strange', '{"pid":"9"}', false],
])('a lock %s is taken over: %s', async (_name, holder, taken) => {
  writeFileSync(lock(), holder)
  const opened = StateFile.open(path, process7)
  if (taken) {
    await (await opened).close()
    expect(readdirSync(folder)).toEqual([])
  } else {
    await expect(opened).rejects.toEqual(lockedError())
    expect(readFileSync(lock(), 'utf8')).toBe(holder)
  }
})

test('a stale lock that somebody takes over while we look at it is his', async () => {
  const his = '{"pid":8,"host":"here","token":"his"}'
  writeFileSync(lock(), '{"pid":9,"host":"here","token":"x"}')
  const late: Surroundings = {
    ...process7,
    isRunning(pid) {
      if (pid === 9) writeFileSync(lock(), his)
      return pid === 8
    },
  }
  await expect(StateFile.open(path, late)).rejects.toEqual(lockedError())
  expect(readdirSync(folder)).toEqual(['routes.json.lock'])
  expect(readFileSync(lock(), 'utf8')).toBe(his)
})

test('of many that find a stale lock, one takes it over', async () => {
  for (let round = 0; round < 20; round++) {
    writeFileSync(lock(), '{"pid":9,"host":"here","token":"x"}')
    const all = Array.from({ length: 8 }, (_, n) =>
      StateFile.open(path, { ...process7, pid: 100 + n, isRunning: (pid) => pid >= 100 }),
    )
    const settled = await Promise.allSettled(all)
    const won = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const able: StateFile[] = []
    for (const file of won) {
      await file.intend(record({ node: { name: `${round}`, uid: `${won.indexOf(file)}` } }), never).then(
        () => able.push(file),
        () => undefined,
      )
    }
    expect(able).toHaveLength(1)
    await Promise.all(won.map((file) => file.close()))
    rmSync(lock(), { force: true })
  }
})

test('a lock that was taken away: nothing is written any more, and the new one stays', async () => {
  await using file = await StateFile.open(path, process7)
  await file.intend(of('10.244.1.0/24'), never)
  rmSync(lock())
  await using _other = await StateFile.open(path, process8)
  const lost = file.intend(of('10.244.2.0/24'), never)
  await expect(lost).rejects.toEqual(lockedError())
  await file.close()
  expect(existsSync(lock())).toBe(true)
  expect(await destinations()).toEqual(['10.244.1.0/24'])
})

test('a process that was killed holds nothing', async () => {
  const program = `
      const { StateFile } = await import(${JSON.stringify(new URL('./state-file.ts', import.meta.url).href)})
      await StateFile.open(${JSON.stringify(path)})
      process.kill(process.pid, 'SIGKILL')`
  const killed = spawnSync(process.execPath, ['--input-type=module', '--eval', program])
  expect(killed.signal).toBe('SIGKILL')
  expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: killed.pid, host: hostname() })
  await using _file = await StateFile.open(path)
  expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: process.pid })
})
