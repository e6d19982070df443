import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { type Entry, file, orderEntries } from './entry.ts'
import { digestOf, makeLayer } from './layer.ts'

const entries: readonly Entry[] = [
  file('usr/bin/node', 'program', 0o755),
  { kind: 'link', path: 'bin', target: 'usr/bin' },
  { kind: 'folder', path: 'tmp', mode: 0o1777 },
]

describe('the entries of a layer', () => {
  it('have folders before what is in them', () => {
    expect(orderEntries(entries).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'link bin',
      'folder tmp',
      'folder usr',
      'folder usr/bin',
      'file usr/bin/node',
    ])
  })

  it('keep the permissions of a folder that is named', () => {
    const named: readonly Entry[] = [{ kind: 'folder', path: 'a', mode: 0o700 }, file('a/b', '')]
    expect(orderEntries(named)[0]).toEqual({ kind: 'folder', path: 'a', mode: 0o700 })
  })

  it('are the last of each path', () => {
    expect(orderEntries([file('a', 'old'), file('a', 'new')])).toEqual([file('a', 'new')])
  })
})

describe('a layer', () => {
  it('is the same bytes, in whatever order its entries come', async () => {
    const { digest } = await makeLayer('', entries)
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...entries], { minLength: entries.length }), async (others) => {
        expect((await makeLayer('', others)).digest).toBe(digest)
      }),
    )
  })

  it('belongs to root and to no time', async () => {
    const { content, diffId, digest } = await makeLayer('', entries)
    const archive = gunzipSync(content)
    expect(digestOf(archive)).toBe(diffId)
    expect(digestOf(content)).toBe(digest)
    const reader = extract()
    reader.end(archive)
    const headers: object[] = []
    for await (const part of reader) {
      const { name, uid, gid, mtime, mode, type, linkname } = part.header
      headers.push({ name, uid, gid, time: mtime?.getTime(), mode, type, linkname })
      part.resume()
    }
    const common = { uid: 0, gid: 0, time: 0, linkname: null }
    expect(headers).toEqual([
      { ...common, name: 'bin', mode: 0o777, type: 'symlink', linkname: 'usr/bin' },
      { ...common, name: 'tmp', mode: 0o1777, type: 'directory' },
      { ...common, name: 'usr', mode: 0o755, type: 'directory' },
      { ...common, name: 'usr/bin', mode: 0o755, type: 'directory' },
      { ...common, name: 'usr/bin/node', mode: 0o755, type: 'file' },
    ])
  })
})
