import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { defaultCacheDir, ensureFolder } from '../../test/install/cache-folder.ts'
import { fetchNpmPackage, isWhole } from '../../test/install/npm-package.ts'
import { type Entry, file } from './entry.ts'
import type { NpmPackage } from './lock.ts'

/**
 * Node's executable and its licence, out of the npm package that has them: that of another architecture than this
 * machine's is not in node_modules.
 *
 * @throws Error if the package can't be had, or is not the one that the lock names
 */
export async function nodeEntries(
  { name, version, integrity }: NpmPackage,
  log: (line: string) => void,
): Promise<readonly Entry[]> {
  const folder = join(defaultCacheDir(process.env), `image-${name}-${version}`)
  const archive = join(folder, 'package.tgz')
  await ensureFolder(folder, {
    what: `${name} ${version}`,
    isUsable: () =>
      readFile(archive).then(
        (content) => isWhole(content, integrity),
        () => false,
      ),
    make: async (partial) => {
      log(`${name} ${version}: downloading, once on this machine`)
      const content = await fetchNpmPackage({ name, version, integrity }, partial)
      await writeFile(join(partial, 'package.tgz'), content)
    },
    log,
  })
  const files = await unpack(await readFile(archive))
  const executable = files.get('package/bin/node')
  const licence = files.get('package/LICENSE')
  if (executable === undefined || licence === undefined)
    throw new Error(`${name}@${version} has no bin/node, or no LICENSE`)
  return [file('usr/bin/node', executable, 0o755), file('usr/share/doc/nodejs/copyright', licence)]
}

async function unpack(archive: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  const parts = extract()
  parts.end(gunzipSync(archive))
  for await (const part of parts) {
    const chunks: Uint8Array[] = []
    for await (const chunk of part) chunks.push(chunk)
    files.set(part.header.name, Buffer.concat(chunks))
  }
  return files
}
