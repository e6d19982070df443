import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { debFiles, downloadDebs, unpackDebs } from '../install/debian-packages.ts'

/** Strangers who read images: of Debian 12 (amd64), with the libraries that a small machine may lack. */
const packages = {
  'skopeo=1.9.3+ds1-1+b10': '5c1978f6a95577b143be772bbe50c247a28132a5cc961c74d4d2a6f2b1ab4f3d',
  'umoci=0.4.7+ds-3+b7': '8adce0c435368b8514425bfa31647ff1629241c97331ba4cd3da838a61a58e5a',
  'libgpgme11=1.18.0-3+b1': 'dc075584050dc5c8ac27563fc222e8c1ea71128a019a6d129d5823e47ac1e55e',
  'libassuan0=2.5.5-5': '5912430927da16ccc831459679207fdbb9dfc5a206f2bab8d6f36d5a1ab53e25',
  'libgpg-error0=1.46-1': '89944ee11d7370ce6ef46fc52f094c4a6512eff8943ec4c6ebefeae6360ceada',
  'libdevmapper1.02.1=2:1.02.185-2': 'aaa78ca236055fedccf637eacf7bda02bf1980b2db668dccd202b04d0d2cfe04',
} as const
const programs = ['skopeo', 'umoci'] as const

/** Paths of programs. */
export type ImageTools = Readonly<Record<(typeof programs)[number], string>>

/** Runs an unpacked program with the unpacked libraries. */
const wrapper = (program: string): string => `#!/bin/sh
here=\${0%/*}
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*/ "$here"/lib/*/ | tr ' ' :) exec "$here/usr/bin/${program}" "$@"
`

const what = 'skopeo and umoci'
const folderOf = (environment: NodeJS.ProcessEnv): string => {
  const digest = createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 12)
  return join(defaultCacheDir(environment), `image-tools-${digest}`)
}
const contents = (folder: string): ImageTools => ({
  skopeo: join(folder, 'skopeo'),
  umoci: join(folder, 'umoci'),
})

/**
 * Unpacks them into the user's cache folder, once; nothing is installed.
 * @throws Error that says what is missing
 */
export async function ensureImageTools(options: {
  readonly environment: NodeJS.ProcessEnv
  readonly log: (line: string) => void
}): Promise<ImageTools> {
  const { environment, log } = options
  const folder = folderOf(environment)
  await ensureFolder(folder, {
    what,
    isUsable: (one) => areExecutable(...Object.values(contents(one))),
    make: async (partial) => {
      log(`${what}: downloading packages of Debian, once on this machine`)
      const names = Object.keys(packages).map((name) => name.replace('=', ':amd64='))
      const failure = `${what} are packages of Debian 12 (amd64), which could not be had in the pinned versions`
      await downloadDebs(partial, names, { environment, failure })
      for (const file of await debFiles(partial)) {
        const sha256 = createHash('sha256')
          .update(await readFile(file))
          .digest('hex')
        if (!Object.values<string>(packages).includes(sha256))
          throw new Error(`${file} is not what test/images/image-tools.ts pins: ${sha256}`)
      }
      await unpackDebs(partial, partial, environment)
      for (const program of programs)
        await writeFile(join(partial, program), wrapper(program), { mode: 0o755 })
    },
    log,
  })
  return contents(folder)
}

/** What {@link ensureImageTools} has made before, or a sentence that says why there is nothing. */
export async function findImageTools(environment: NodeJS.ProcessEnv): Promise<ImageTools | string> {
  const found = contents(folderOf(environment))
  if (await areExecutable(...Object.values(found))) return found
  return `${what} are not in the cache folder: they come with tools/test.ts on a Debian 12 (amd64) that reaches its mirror.`
}
