import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ensureKubeTools } from '../test/chart/kube-tools.ts'
import { root } from './build/build.ts'
import { copies, manifestFiles, schemaFiles } from './chart/generated-files.ts'

/** `npm run manifests`: writes anew what is made of the chart, and what the chart is made of. */
const { helm } = await ensureKubeTools({ environment: process.env, log: (line) => console.error(line) })

async function write(files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    console.log(path)
  }
}

// In this order: Helm reads what the first two have written.
await write(await copies())
await write(await schemaFiles())
await write(await manifestFiles(helm))
