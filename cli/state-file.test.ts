import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import type { LedgerRecord } from '../reconciler/ledger/record.ts'
import { record, seenWritten } from '../reconciler/testing/values.ts'
import { StateFile, readStateFile } from './state-file.ts'

const never = new AbortController().signal
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-state-'))
  path = join(folder, 'routes.json')
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

const of = (destination: string, more: Partial<LedgerRecord> = {}): LedgerRecord =>
  record({ destination: parseCidr(destination), ...more })
const text = (): string => readFileSync(path, 'utf8')
const destinations = async (): Promise<readonly string[]> =>
  (await readStateFile(path)).map(({ destination }) => formatCidr(destination))
const ofCode = (code: string): unknown => expect.objectContaining({ name: 'StateFileError', code, path })

describe('what is written', () => {
  test('is there for the next one, states and all', async () => {
    await using file = await StateFile.open(path)
    const one = record({ tables: ['table-1', 'table-2'], previousTargets: [{ kind: 'eni', id: 'eni-0' }] })
    await file.intend(one, never)
    await file.settle(one.destination, seenWritten, never)
    expect(await readStateFile(path)).toEqual([{ ...one, states: seenWritten }])
    await file.close()
    await using next = await StateFile.open(path)
    expect(await next.load()).toEqual([{ ...one, states: seenWritten }])
  })

  test('is one object that diffs well: sorted, indented, a line feed at the end', async () => {
    await using file = await StateFile.open(path)
    for (const key of ['fd00::/64', '10.244.10.0/24', '10.244.9.0/24']) await file.intend(of(key), never)
    expect(await destinations()).toEqual(['10.244.9.0/24', '10.244.10.0/24', 'fd00::/64'])
    await file.forget(parseCidr('fd00::/64'), never)
    await file.forget(parseCidr('10.244.10.0/24'), never)
    await file.settle(parseCidr('10.244.9.0/24'), seenWritten, never)
    expect(text()).toBe(`{
  "apiVersion": "podway.dev/v1alpha1",
  "kind": "RouteState",
  "routes": [
    {
      "metadata": {
        "name": "v4-10-244-9-0-24"
      },
      "spec": {
        "destination": "10.244.9.0/24",
        "node": {
          "name": "node-1",
          "uid": "uid-1"
        },
        "tables": [
          "table-1"
        ],
        "target": {
          "id": "node-1",
          "kind": "instance"
        }
      },
      "status": {
        "tables": [
          {
            "id": "table-1",
            "message": "",
            "reason": "Programmed",
            "since": "2026-01-01T00:00:00Z",
            "state": "Programmed",
            "written": true
          }
        ]
      }
    }
  ]
}
`)
  })

  test('is for the owner alone, and leaves nothing beside it', async () => {
    const file = await StateFile.open(path)
    await file.intend(record(), never)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await file.close()
    expect(readdirSync(folder)).toEqual(['routes.json'])
  })

  test('is written to what a link leads to', async () => {
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real/routes.json'), emptyState)
    symlinkSync('real/routes.json', path)
    await using file = await StateFile.open(path)
    await file.intend(record(), never)
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(folder, 'real/routes.json'), 'utf8')).toContain('10.244.3.0/24')
  })

  test('survives what a crash left', async () => {
    writeFileSync(`${path}.new`, 'half a fi')
    await using file = await StateFile.open(path)
    await file.intend(record(), never)
    expect(await destinations()).toEqual(['10.244.3.0/24'])
  })
})

const emptyState = '{ "apiVersion": "podway.dev/v1alpha1", "kind": "RouteState", "routes": [] }'

describe('as any ledger', () => {
  test('an intent keeps the states and the release that are known', async () => {
    const released = {
      metadata: { name: 'v4-10-244-3-0-24', annotations: { 'podway.dev/release': 'uid-1' } },
    }
    await using file = await StateFile.open(path)
    await file.intend(record(), never)
    await file.settle(record().destination, seenWritten, never)
    await file.close()
    const [entry] = (JSON.parse(text()) as { routes: object[] }).routes
    const state = JSON.parse(emptyState) as object
    writeFileSync(path, JSON.stringify({ ...state, routes: [{ ...entry, ...released }] }))
    await using again = await StateFile.open(path)
    await again.intend(record({ tables: ['table-1', 'table-2'] }), never)
    expect(await readStateFile(path)).toEqual([
      record({ tables: ['table-1', 'table-2'], states: seenWritten, released: 'uid-1' }),
    ])
  })

  test('what has no record is neither settled nor forgotten', async () => {
    await using file = await StateFile.open(path)
    await file.settle(record().destination, seenWritten, never)
    await file.forget(record().destination, never)
    expect(await file.load()).toEqual([])
  })

  test('the same again is no write', async () => {
    await using file = await StateFile.open(path)
    await file.intend(record(), never)
    const { ino } = statSync(path)
    await file.intend(record(), never)
    expect(statSync(path).ino).toBe(ino)
  })

  test('after an abort nothing is written', async () => {
    await using file = await StateFile.open(path)
    const stop = AbortSignal.abort(new Error('stopped'))
    await expect(file.intend(record(), stop)).rejects.toThrow('stopped')
    expect(existsSync(path)).toBe(false)
  })

  test('thousands at once are a few writes', async () => {
    await using file = await StateFile.open(path)
    const keys = Array.from({ length: 2_000 }, (_, n) => `10.${Math.floor(n / 256)}.${n % 256}.0/24`)
    const writes = new Set<number>()
    await Promise.all(
      keys.map(async (key) => {
        await file.intend(of(key), never)
        writes.add(statSync(path).ino)
      }),
    )
    expect(await destinations()).toHaveLength(2_000)
    expect(writes.size).toBeLessThan(4)
  })

  test('closing waits for what is under way', async () => {
    const file = await StateFile.open(path)
    const intended = [file.intend(of('10.244.1.0/24'), never), file.intend(of('10.244.2.0/24'), never)]
    await file.close()
    await Promise.all(intended)
    expect(await destinations()).toEqual(['10.244.1.0/24', '10.244.2.0/24'])
    await file.close()
  })
})

describe('a file that can’t be used', () => {
  test.each([
    ['invalid', 'garbage', 'ERR_STATE_FILE_INVALID'],
    ['newer', '{"kind":"RouteState","apiVersion":"podway.dev/v2"}', 'ERR_STATE_FILE_VERSION'],
  ])('%s: it stays as it is, and is not locked', async (_name, content, code) => {
    writeFileSync(path, content)
    await expect(StateFile.open(path)).rejects.toEqual(ofCode(code))
    await expect(readStateFile(path)).rejects.toEqual(ofCode(code))
    expect(text()).toBe(content)
    expect(readdirSync(folder)).toEqual(['routes.json'])
  })

  test('a folder', async () => {
    mkdirSync(path)
    await expect(StateFile.open(path)).rejects.toEqual(ofCode('ERR_STATE_FILE_UNREADABLE'))
    expect(readdirSync(folder)).toEqual(['routes.json'])
  })

  test('in a folder that is not there', async () => {
    path = join(folder, 'none/routes.json')
    await expect(StateFile.open(path)).rejects.toEqual(ofCode('ERR_STATE_FILE_UNWRITABLE'))
    expect(await readStateFile(path)).toEqual([])
  })

  test('a write that fails is not remembered: the next one that does not fail is without it', async () => {
    await using file = await StateFile.open(path)
    await file.intend(of('10.244.1.0/24'), never)
    // The one place where a write can be made to fail for root too.
    mkdirSync(`${path}.new`)
    const failed = file.intend(of('10.244.2.0/24'), never)
    await expect(failed).rejects.toEqual(ofCode('ERR_STATE_FILE_UNWRITABLE'))
    rmSync(`${path}.new`, { recursive: true })
    expect(await destinations()).toEqual(['10.244.1.0/24'])
    await file.intend(of('10.244.3.0/24'), never)
    expect(await destinations()).toEqual(['10.244.1.0/24', '10.244.3.0/24'])
  })
})
