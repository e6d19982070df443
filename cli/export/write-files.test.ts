import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatJson } from '../output.ts'
import { fileText, isOwnFile } from './own-file.ts'
import { FileInTheWayError, writeFiles } from './write-files.ts'

let folder = ''
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'podway-export-')), 'made')
})
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true })
})

const name = 'a.tf.json'
const path = (): string => join(folder, name)
const read = (): string => readFileSync(path(), 'utf8')
const write = (text: string, force = false) => writeFiles(folder, [{ name, text }], { force })
const [one, two] = [fileText({ locals: { a: 1 } }), fileText({ locals: { a: 2 } })]

test('a folder is made, a file is new, then unchanged, then changed; nothing else is left there', async () => {
  expect(await write(one)).toEqual([{ path: path(), became: 'new' }])
  expect(await write(one)).toEqual([{ path: path(), became: 'unchanged' }])
  expect(await write(two)).toEqual([{ path: path(), became: 'changed' }])
  expect(read()).toBe(two)
  expect(readdirSync(folder)).toEqual([name])
})

describe('what would be lost', () => {
  test.each<[what: string, text: string]>([
    ['changed by hand', one.replace('"a": 1', '"a": 3')],
    ['a comment added', one.replace('"locals"', '"//": "mine", "locals"')],
    ['formatted otherwise', one.replaceAll('  ', ' ')],
    ['somebody else’s', formatJson({ resource: {} })],
    ['with a heading of its own', formatJson({ '//': ['mine'], locals: {} })],
    ['no JSON', 'resource "aws_route" "x" {}\n'],
    ['no object', '[]\n'],
    ['empty', ''],
  ])('%s: it stays, until it is forced', async (_what, text) => {
    await write(one)
    writeFileSync(path(), text)
    const other = { name: 'b.tf.json', text: two }
    const both = writeFiles(folder, [other, { name, text: two }], { force: false })
    await expect(both).rejects.toThrow(FileInTheWayError)
    await expect(write(two)).rejects.toThrow(`${path()}: not as an export has written it`)
    expect(read()).toBe(text)
    expect(readdirSync(folder)).toEqual([name])
    expect(await write(two, true)).toEqual([{ path: path(), became: 'changed' }])
    expect(read()).toBe(two)
  })
})

test('a folder that is a file, and a file that is a folder, are errors', async () => {
  await write(one)
  await expect(writeFiles(path(), [{ name, text: one }], { force: true })).rejects.toThrow('EEXIST')
  const inside = join(folder, name)
  await expect(writeFiles(inside, [], { force: true })).rejects.toThrow('EEXIST')
})

test('the file of another version of podway is its own too: the heading need only agree with the digest', () => {
  expect(isOwnFile(one)).toBe(true)
  expect(isOwnFile(one.replace('What it means', 'What this means'))).toBe(true)
  expect(isOwnFile(one.replace(/sha256 ./, 'sha256 x'))).toBe(false)
})
