import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { type Entry, orderEntries } from './entry.ts'

/** A layer of an image: a compressed archive, and by which names it is known. */
export interface Layer {
  /** Of the archive as it is stored and sent. */
  readonly digest: string
  /** Of the archive before it was compressed: the image's configuration names it so. */
  readonly diffId: string
  readonly content: Uint8Array
  /** What `docker history` and its like show. */
  readonly comment: string
}

/**
 * The same entries give the same bytes, whoever makes them, when, and wherever: no user, no time, no order of a folder is
 * in them. Only another Node can compress otherwise; the checkout pins it.
 */
export async function makeLayer(comment: string, entries: readonly Entry[]): Promise<Layer> {
  const archive = await makeArchive(orderEntries(entries))
  // More than 6 takes four times as long, for a third of a percent.
  const content = gzipSync(archive, { level: 6 })
  return { digest: digestOf(content), diffId: digestOf(archive), content, comment }
}

export const digestOf = (content: Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

/** An archive (ustar) of the entries as they come. The same entries give the same bytes. */
export async function makeArchive(entries: readonly Entry[]): Promise<Uint8Array> {
  const archive = pack()
  const parts: Uint8Array[] = []
  const read = (async () => {
    for await (const part of archive) parts.push(part)
  })()
  for (const entry of entries) {
    const common = { name: entry.path, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' }
    switch (entry.kind) {
      case 'file':
        archive.entry({ ...common, mode: entry.mode }, Buffer.from(entry.content))
        break
      case 'folder':
        archive.entry({ ...common, type: 'directory', mode: entry.mode })
        break
      case 'link':
        archive.entry({ ...common, type: 'symlink', linkname: entry.target, mode: 0o777 })
    }
  }
  archive.finalize()
  await read
  return Buffer.concat(parts)
}
