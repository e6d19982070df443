/** What a layer has at a path. All of it belongs to root, and is of the time 0. */
export type Entry = FileEntry | FolderEntry | LinkEntry

export interface FileEntry {
  readonly kind: 'file'
  /** Without a slash at the beginning or at the end. */
  readonly path: string
  /** Permissions: twelve bits. */
  readonly mode: number
  readonly content: Uint8Array
}

export interface FolderEntry {
  readonly kind: 'folder'
  readonly path: string
  readonly mode: number
}

export interface LinkEntry {
  readonly kind: 'link'
  readonly path: string
  readonly target: string
}

/**
 * The entries as a layer has them: in the order of their paths, each folder before what is in it, folders that nobody
 * named with the usual permissions. Of several entries at one path the last counts.
 */
export function orderEntries(entries: readonly Entry[]): readonly Entry[] {
  const byPath = new Map<string, Entry>()
  for (const { path } of entries) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash)
      byPath.set(folder, { kind: 'folder', path: folder, mode: 0o755 })
    }
  }
  for (const entry of entries) byPath.set(entry.path, entry)
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

export const file = (path: string, content: string | Uint8Array, mode = 0o644): FileEntry => ({
  kind: 'file',
  path,
  mode,
  content: typeof content === 'string' ? new TextEncoder().encode(content) : content,
})
