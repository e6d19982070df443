import { createHash } from 'node:crypto'

/** One name in a tar archive. Folders are made before what is in them. */
export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly content: Buffer; readonly mode?: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

const block = 512
const typeFlags = { file: '0', link: '2', folder: '5' } as const

/**
 * A tar archive (POSIX ustar): everything is root's, of 1970. The same entries are the same bytes.
 * @throws RangeError for a path or target of more than 100 bytes
 */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.kind === 'file' ? entry.content : Buffer.alloc(0)
    return [header(entry, content.length), content, Buffer.alloc((block - (content.length % block)) % block)]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}

function header(entry: TarEntry, size: number): Buffer {
  const target = entry.kind === 'link' ? entry.target : ''
  for (const name of [entry.path, target])
    if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is too long for a tar header`)
  const mode = entry.kind === 'link' ? 0o777 : (entry.mode ?? (entry.kind === 'folder' ? 0o755 : 0o644))
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  const bytes = Buffer.alloc(block)
  bytes.write(entry.path, 0)
  bytes.write(octal(mode, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(size, 11), 124)
  bytes.write(octal(0, 11), 136)
  bytes.write(' '.repeat(8), 148)
  bytes.write(typeFlags[entry.kind], 156)
  bytes.write(target, 157)
  bytes.write('ustar\x0000', 257)
  // The sum counts itself as blanks.
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

export interface ImageContents {
  /** `localhost/tools:1` */
  readonly name: string
  readonly files: readonly TarEntry[]
  /** What a container runs that is told nothing else. */
  readonly command: readonly string[]
}

const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const

/**
 * An image as one file (OCI image layout 1.0.0 in a tar archive), with one layer that is not compressed: what
 * `ctr images import` and `podman load` read. No registry is asked for anything.
 */
export function ociArchive({ name, files, command }: ImageContents): Buffer {
  const layer = describe(mediaTypes.layer, tar(files))
  const config = describe(
    mediaTypes.config,
    json({
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin'], Cmd: command, WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
    }),
  )
  const manifest = describe(
    mediaTypes.manifest,
    json({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: config.descriptor,
      layers: [layer.descriptor],
    }),
  )
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name }
  const index = json({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...manifest.descriptor, annotations }],
  })
  return tar([
    { kind: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { kind: 'file', path: 'index.json', content: index },
    { kind: 'folder', path: 'blobs/' },
    { kind: 'folder', path: 'blobs/sha256/' },
    ...[manifest, config, layer].map(({ descriptor, content }): TarEntry => ({
      kind: 'file',
      path: `blobs/${descriptor.digest.replace(':', '/')}`,
      content,
    })),
  ])
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))

const describe = (mediaType: string, content: Buffer) => ({
  content,
  descriptor: {
    mediaType,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    size: content.length,
  },
})

const applets = ['sh', 'echo', 'httpd', 'ip', 'ping', 'sleep', 'tail']

/** The only image of the tests: a static busybox. Without a command it waits for ever, as a sandbox's `pause` does. */
export function toolsImage(busybox: Buffer): Buffer {
  return ociArchive({
    name: toolsImageName,
    command: ['/bin/tail', '-f', '/dev/null'],
    files: [
      ...['bin/', 'dev/', 'etc/', 'proc/', 'sys/', 'tmp/'].map((path): TarEntry => ({
        kind: 'folder',
        path,
      })),
      { kind: 'file', path: 'bin/busybox', content: busybox, mode: 0o755 },
      ...applets.map((name): TarEntry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
      { kind: 'file', path: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/:/bin/sh\n') },
    ],
  })
}

export const toolsImageName = 'localhost/tools:1'
