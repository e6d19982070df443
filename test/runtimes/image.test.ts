import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ociArchive, tar, toolsImage, toolsImageName } from './image.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-image-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** By the system's own tar. */
function unpack(archive: Buffer, into = folder): void {
  writeFileSync(join(folder, 'archive.tar'), archive)
  execFileSync('tar', ['-xf', join(folder, 'archive.tar'), '-C', into])
}

test('tar reads what was written: contents of all sizes, modes, links, folders', () => {
  const sizes = [0, 1, 511, 512, 513, 100_000]
  unpack(
    tar([
      { kind: 'folder', path: 'sub/', mode: 0o700 },
      ...sizes.map((size) => ({
        kind: 'file' as const,
        path: `sub/${size}`,
        content: Buffer.alloc(size, 'x'),
        mode: 0o755,
      })),
      { kind: 'link', path: 'link', target: 'sub/1' },
    ]),
  )
  for (const size of sizes) expect(readFileSync(join(folder, `sub/${size}`), 'utf8')).toBe('x'.repeat(size))
  expect(statSync(join(folder, 'sub/513')).mode & 0o777).toBe(0o755)
  expect(statSync(join(folder, 'sub')).mode & 0o777).toBe(0o700)
  expect(readlinkSync(join(folder, 'link'))).toBe('sub/1')
})

test('a name that has no room is refused, not cut', () => {
  expect(() => tar([{ kind: 'folder', path: `${'a'.repeat(100)}/` }])).toThrow('is too long')
  expect(() => tar([{ kind: 'link', path: 'a', target: 'ü'.repeat(51) }])).toThrow('is too long')
})

interface Descriptor {
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

test('every blob of an image is what its descriptor says, from the index to the layer', () => {
  unpack(toolsImage(Buffer.from('a program')))
  const blob = ({ digest, size }: Descriptor): Buffer => {
    const content = readFileSync(join(folder, 'blobs', digest.replace(':', '/')))
    expect(content.length).toBe(size)
    expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).toBe(digest)
    return content
  }
  const parse = (content: Buffer): unknown => JSON.parse(content.toString())
  const index = parse(readFileSync(join(folder, 'index.json'))) as {
    readonly manifests: readonly [Descriptor]
  }
  expect(index.manifests[0].annotations).toMatchObject({ 'io.containerd.image.name': toolsImageName })
  const manifest = parse(blob(index.manifests[0])) as {
    readonly config: Descriptor
    readonly layers: readonly [Descriptor]
  }
  expect(parse(blob(manifest.config))).toMatchObject({ rootfs: { diff_ids: [manifest.layers[0].digest] } })
  const layer = blob(manifest.layers[0])
  const root = mkdtempSync(join(folder, 'root-'))
  unpack(layer, root)
  expect(readFileSync(join(root, 'bin/busybox'), 'utf8')).toBe('a program')
  expect(readlinkSync(join(root, 'bin/ping'))).toBe('busybox')
})

test('the same contents are the same bytes', () => {
  const image = () => ociArchive({ name: 'localhost/x:1', command: ['/x'], files: [] })
  expect(image().equals(image())).toBe(true)
})
