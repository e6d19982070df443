import { describe, expect, test } from 'vitest'
import { withMemoryImage } from './memory-image.ts'

const code = { type: 1, flags: 5, offset: 0, address: 0x200000, fileSize: 300, memorySize: 300 }
const data = { type: 1, flags: 6, offset: 280, address: 0x325a40, fileSize: 20, memorySize: 9000 }
const stack = { type: 0x6474e551, flags: 6, offset: 0, address: 0, fileSize: 0, memorySize: 0 }

/** A file of 300 bytes: header, program headers from 64 on, then bytes of seven. */
function executable(segments: readonly (typeof code)[]): Uint8Array {
  const bytes = new Uint8Array(300).fill(7)
  bytes.fill(0, 0, 64 + 56 * segments.length)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1])
  const view = new DataView(bytes.buffer)
  view.setBigUint64(32, 64n, true)
  view.setBigUint64(40, 280n, true)
  view.setUint16(56, segments.length, true)
  view.setUint16(60, 3, true)
  view.setUint16(62, 2, true)
  for (const [index, segment] of segments.entries()) {
    const entry = 64 + 56 * index
    view.setUint32(entry, segment.type, true)
    view.setUint32(entry + 4, segment.flags, true)
    view.setBigUint64(entry + 8, BigInt(segment.offset), true)
    view.setBigUint64(entry + 16, BigInt(segment.address), true)
    view.setBigUint64(entry + 32, BigInt(segment.fileSize), true)
    view.setBigUint64(entry + 40, BigInt(segment.memorySize), true)
    view.setBigUint64(entry + 48, 4096n, true)
  }
  return bytes
}

/** What the kernel maps for the segment at that index: [offset in the file, bytes there, bytes in memory]. */
function mapping(file: Uint8Array, index: number): readonly number[] {
  const view = new DataView(file.buffer, file.byteOffset)
  return [8, 32, 40].map((field) => Number(view.getBigUint64(64 + 56 * index + field, true)))
}

describe('an executable with a memory image', () => {
  const memory = new Uint8Array(9000)
  memory.set([1, 2, 3])
  memory[5000] = 9

  test('has the image in the place of its data, and zeros at the end are not in the file', () => {
    const file = withMemoryImage(executable([code, data, stack]), memory)
    const [offset = 0, inFile = 0, inMemory] = mapping(file, 1)
    expect([offset % 4096, inFile, inMemory]).toEqual([data.address % 4096, 5001, 9000])
    expect(file.subarray(offset, offset + inFile)).toEqual(memory.subarray(0, 5001))
    expect(file).toHaveLength(offset + inFile)
  })

  test('is otherwise as it was, but without its table of sections', () => {
    const before = executable([code, data, stack])
    const after = withMemoryImage(before, memory)
    const changed = [...before.keys()].filter((at) => before[at] !== after[at])
    const fields = [40, 48, 60, 62, 64 + 56 + 8, 64 + 56 + 16, 64 + 56 + 32, 64 + 56 + 40]
    for (const at of changed) expect(fields.some((field) => at >= field && at < field + 8)).toBe(true)
    expect(mapping(after, 0)).toEqual(mapping(before, 0))
    expect(new DataView(after.buffer).getUint16(60, true)).toBe(0)
  })

  test.each([
    { name: 'a memory of another length', file: executable([code, data]), image: memory.subarray(1) },
    { name: 'no segment to write to', file: executable([code, stack]), image: memory },
    { name: 'another kind of file', file: new Uint8Array(300), image: memory },
    { name: 'a file that is too short', file: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1]), image: memory },
  ])('is refused for $name', ({ file, image }) => {
    expect(() => withMemoryImage(file, image)).toThrow(Error)
  })
})
