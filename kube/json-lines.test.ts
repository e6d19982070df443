import { test as property, fc } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { jsonLines } from './json-lines.ts'

async function read(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const values: unknown[] = []
  const source = (async function* () {
    await Promise.resolve()
    yield* chunks
  })()
  for await (const value of jsonLines(source)) values.push(value)
  return values
}

property.prop([
  fc.array(fc.jsonValue(), { maxLength: 5 }),
  fc.array(fc.nat({ max: 400 }), { maxLength: 20 }),
  fc.boolean(),
])('values survive any split into chunks, inside characters too', async (values, cuts, newlineAtEnd) => {
  const canonical = values.map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  const text = canonical.map((value) => JSON.stringify(value)).join('\n') + (newlineAtEnd ? '\n' : '')
  const bytes = new TextEncoder().encode(text)
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b)
  const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
  expect(await read(chunks)).toEqual(canonical)
})

test('a character of four bytes in four chunks', async () => {
  const bytes = new TextEncoder().encode('"😀"\n')
  expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['😀'])
})

test('a line of 4 MB in chunks of 1 kB', async () => {
  const bytes = new TextEncoder().encode(`${JSON.stringify('x'.repeat(4_000_000))}\n`)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 1000) chunks.push(bytes.subarray(at, at + 1000))
  expect(await read(chunks)).toEqual(['x'.repeat(4_000_000)])
})

test('blank lines are skipped', async () => {
  expect(await read([new TextEncoder().encode('\n1\r\n\n2')])).toEqual([1, 2])
})

test('a line that was cut off is an error that quotes nothing', async () => {
  const bytes = new TextEncoder().encode('{"token":"sesame')
  await expect(read([bytes])).rejects.toThrow('a line of 16 characters is no JSON')
})
