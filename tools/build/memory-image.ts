/** Of a program header (elf(5)): where its fields are, and what they say of memory that is loaded and writable. */
const Entry = {
  length: 56,
  type: 0,
  flags: 4,
  offset: 8,
  address: 16,
  fileSize: 32,
  memorySize: 40,
  align: 48,
} as const
const Header = {
  tableOffset: 32,
  sectionOffset: 40,
  tableCount: 56,
  sectionCount: 60,
  sectionNames: 62,
} as const
const loaded = 1
const writable = 2

/**
 * The executable whose last writable segment begins with that memory instead of what the linker put there; zeros at its
 * end are left to the kernel. It keeps its code and everything else, but for the table of sections, which nobody needs
 * to run it.
 *
 * @param executable a little-endian ELF file of 64 bits that runs at fixed addresses
 * @param memory what the whole segment held when a process of it was ready: as long as the segment in memory
 * @throws Error if these don't fit
 */
export function withMemoryImage(executable: Uint8Array, memory: Uint8Array): Uint8Array {
  const header = viewOf(executable)
  if (executable.length < 64 || header.getUint32(0) !== 0x7f454c46 || header.getUint16(4) !== 0x0201)
    throw new Error('no little-endian ELF file of 64 bits')
  const entry = lastWritable(header)
  const memorySize = Number(header.getBigUint64(entry + Entry.memorySize, true))
  if (memory.length !== memorySize)
    throw new Error(`a memory image of ${memory.length} bytes for a segment of ${memorySize}`)

  const image = memory.subarray(0, memory.findLastIndex((byte) => byte !== 0) + 1)
  const address = Number(header.getBigUint64(entry + Entry.address, true))
  // The kernel maps pages: in the file it has to lie as far behind a page's beginning as in memory.
  const align = Number(header.getBigUint64(entry + Entry.align, true))
  const offset = Math.ceil(executable.length / align) * align + (address % align)
  const whole = new Uint8Array(offset + image.length)
  whole.set(executable)
  whole.set(image, offset)
  const view = viewOf(whole)
  view.setBigUint64(entry + Entry.offset, BigInt(offset), true)
  view.setBigUint64(entry + Entry.fileSize, BigInt(image.length), true)
  view.setBigUint64(Header.sectionOffset, 0n, true)
  view.setUint16(Header.sectionCount, 0, true)
  view.setUint16(Header.sectionNames, 0, true)
  return whole
}

/** Where the program header of the last segment is that is loaded and writable. */
function lastWritable(header: DataView): number {
  const table = Number(header.getBigUint64(Header.tableOffset, true))
  for (let index = header.getUint16(Header.tableCount, true) - 1; index >= 0; index--) {
    const entry = table + index * Entry.length
    const isLoaded = header.getUint32(entry + Entry.type, true) === loaded
    if (isLoaded && (header.getUint32(entry + Entry.flags, true) & writable) !== 0) return entry
  }
  throw new Error('an executable without a writable segment')
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
