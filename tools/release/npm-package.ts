import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, tail } from '../../test/install/command.ts'
import { dist, root } from '../build/build.ts'

/** What of the checkout's package.json the published one has too. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: object
}

/**
 * Lays the package that is published, and packs it: the program with all that it needs in it, so that nothing is installed
 * beside it, the definitions and policies for a cluster, no source and no test.
 *
 * @returns the path of the archive, in `outFolder`
 */
export async function packNpmPackage(outFolder: string): Promise<string> {
  const stage = join(dist, 'npm')
  await rm(stage, { recursive: true, force: true })
  await mkdir(stage, { recursive: true })
  await mkdir(outFolder, { recursive: true })
  const { name, version, description, license, engines } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Manifest
  const manifest = {
    ...{ name, version, description, license, engines },
    type: 'module',
    bin: { podway: 'podway.js' },
    // It is a program: there is nothing in it to import.
    exports: { './package.json': './package.json' },
    files: ['podway.js', 'main.js', 'chunks', 'deploy'],
  }
  await writeFile(join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  for (const file of ['podway.js', 'main.js']) await copyFile(join(dist, file), join(stage, file))
  await chmod(join(stage, 'podway.js'), 0o755)
  await cp(join(dist, 'chunks'), join(stage, 'chunks'), { recursive: true })
  for (const folder of ['crds', 'iam', 'kustomize', 'manifests', 'monitoring', 'terraform'])
    await cp(join(root, 'deploy', folder), join(stage, 'deploy', folder), { recursive: true })
  for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md'])
    await copyFile(join(root, file), join(stage, file))
  const { exitCode, stdout, stderr } = await runCommand(
    'npm',
    ['pack', '--silent', '--pack-destination', outFolder],
    { environment: process.env, folder: stage },
  )
  if (exitCode !== 0) throw new Error(`npm pack failed:\n${tail(stderr)}`)
  return join(outFolder, stdout.trim())
}
