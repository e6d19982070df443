import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The folders of the product, from what knows nobody to what knows everybody. */
export const layers = ['net', 'providers', 'kube', 'reconciler', 'agent', 'cni', 'cli'] as const

/** An arrow of a diagram: something in `from` imports something in `to`. */
export interface Arrow {
  readonly from: string
  readonly to: string
}

/**
 * Who imports whom, as the sources say, without tests: files are gathered into rooms, and what is in no room is left out.
 * In order, each arrow once, none from a room to itself.
 */
export function arrowsBetween(roomOf: (file: string) => string | undefined): readonly Arrow[] {
  const arrows = new Map<string, Arrow>()
  for (const file of globSync(
    layers.map((layer) => `${layer}/**/*.ts`),
    { cwd: root },
  )) {
    if (/\.(test|cases?)\.ts$|\/testing\/|^cni\/host\//.test(file)) continue
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, one, other] of text.matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)) {
      const [from, to] = [roomOf(file), roomOf(normalize(join(dirname(file), one ?? other ?? '')))]
      if (from !== undefined && to !== undefined && from !== to) arrows.set(`${from} ${to}`, { from, to })
    }
  }
  return [...arrows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, arrow]) => arrow)
}

/** A folder of the product by its first part, or its first two. */
export const folderOf =
  (depth: 1 | 2) =>
  (file: string): string | undefined => {
    const parts = file.split('/').slice(0, -1)
    return layers.some((layer) => layer === parts[0]) ? parts.slice(0, depth).join('/') : undefined
  }

/** As Mermaid draws it, which GitHub does by itself. */
export function flowchart(arrows: readonly Arrow[]): string {
  const id = (room: string): string => room.replaceAll(/[^a-z]/g, '_')
  const rooms = [...new Set(arrows.flatMap(({ from, to }) => [from, to]))].sort()
  return [
    '```mermaid',
    'flowchart TD',
    ...rooms.map((room) => `  ${id(room)}["${room}"]`),
    ...arrows.map(({ from, to }) => `  ${id(from)} --> ${id(to)}`),
    '```',
  ].join('\n')
}
