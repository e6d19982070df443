import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, dist } from './build/build.ts'
import { buildImages, currentNode, currentPrograms, ownArchitecture } from './images/build-images.ts'
import { newestPackages } from './images/debian.ts'
import { type Architecture, architectures } from './images/layout.ts'
import { writeLock } from './images/lock.ts'

const help = `npm run images -- [options]

Builds the images of podway and podway-cni as OCI layouts, without a container engine.

  --out <folder>        where they go (default: dist/images)
  --architecture <a>    of the image podway: ${architectures.join(', ')}; may be given several times (default: this machine's)
  --update-lock         writes deploy/image.lock anew, with the newest packages of Debian, and builds nothing

SOURCE_DATE_EPOCH sets the time that the images bear (default: 0). Needs apt-get and dpkg-deb.
`

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    architecture: { type: 'string', multiple: true },
    'update-lock': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const log = (line: string): void => console.error(line)

if (values.help === true) process.stdout.write(help)
else if (values['update-lock'] === true) await updateLock()
else await buildAll()

async function updateLock(): Promise<void> {
  await build({ all: false, log })
  const [amd64, arm64] = [await newestPackages('amd64'), await newestPackages('arm64')]
  await writeLock({ debian: { amd64, arm64 }, node: await currentNode(), ...(await currentPrograms()) })
}

async function buildAll(): Promise<void> {
  const wanted = values.architecture ?? [ownArchitecture()]
  const unknown = wanted.find((one) => !architectures.some((known) => known === one))
  if (unknown !== undefined) {
    log(`--architecture ${unknown}: expected one of ${architectures.join(', ')}`)
    process.exitCode = 64
    return
  }
  await build({ all: false, log })
  const epoch = process.env.SOURCE_DATE_EPOCH
  const images = await buildImages({
    outFolder: values.out ?? join(dist, 'images'),
    architectures: wanted as Architecture[],
    log,
    ...(epoch === undefined
      ? {}
      : { created: new Date(Number(epoch) * 1000).toISOString().replace('.000Z', 'Z') }),
  })
  for (const { name, folder, digest, size } of images)
    console.log(`${name}  ${digest}  ${(size / 1e6).toFixed(1)} MB compressed  ${folder}`)
}
