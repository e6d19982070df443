import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isOwnFile } from './own-file.ts'

export interface NamedFile {
  /** Without a folder. */
  readonly name: string
  readonly text: string
}

/** A file that would be lost is in the way. Nothing was written. */
export class FileInTheWayError extends Error {
  readonly code = 'ERR_FILE_IN_THE_WAY'
  override readonly name = 'FileInTheWayError'
}

export interface WrittenFile {
  readonly path: string
  readonly became: 'new' | 'changed' | 'unchanged'
}

/**
 * Writes the files into the folder, which is made if it is not there. Of each, a reader sees the old text or the new one.
 * Idempotent: what is there already is not written.
 *
 * @param force whether a file that an export has not written, or that was changed since, is replaced
 * @throws FileInTheWayError that names all such files, before anything is written
 */
export async function writeFiles(
  folder: string,
  files: readonly NamedFile[],
  { force }: { readonly force: boolean },
): Promise<readonly WrittenFile[]> {
  await mkdir(folder, { recursive: true })
  const there = await Promise.all(files.map(({ name }) => readIfThere(join(folder, name))))
  const inTheWay = files.filter(({ text }, index) => {
    const old = there[index]
    return old !== undefined && old !== text && !isOwnFile(old)
  })
  if (!force && inTheWay.length > 0)
    throw new FileInTheWayError(
      `${inTheWay.map(({ name }) => join(folder, name)).join(', ')}: not as an export has written it, so what was changed by hand would be lost: name another folder by --out, or replace it with --force`,
    )
  const written: WrittenFile[] = []
  for (const [index, { name, text }] of files.entries()) {
    const path = join(folder, name)
    const old = there[index]
    if (old !== text) await replace(path, text)
    written.push({ path, became: old === undefined ? 'new' : old === text ? 'unchanged' : 'changed' })
  }
  return written
}

async function replace(path: string, text: string): Promise<void> {
  // In the same folder, and not called *.tf.json: Terraform would read it.
  const partial = `${path}.${process.pid}.partial`
  try {
    await writeFile(partial, text, { flag: 'wx' })
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
