import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dist, root } from '../build/build.ts'
import { debianEntries } from './debian.ts'
import { file } from './entry.ts'
import { type Layer, makeLayer } from './layer.ts'
import { type Architecture, type Image, type ImageConfig, architectures, writeLayout } from './layout.ts'
import { type ImageLock, crates, lockFile, nodePackages, npmPackages, readLock } from './lock.ts'
import { nodeEntries } from './node.ts'
import { bundledPackages, nodeBinaryEntries, programEntries, systemEntries } from './program.ts'
import { type Contents, formatSbom } from './sbom.ts'

/** The architecture that `dist/podway-cni` is for: this machine's. */
export const ownArchitecture = (): Architecture => (process.arch === 'arm64' ? 'arm64' : 'amd64')

export interface BuildOptions {
  /** Gets a folder for each image. */
  readonly outFolder: string
  /** Both if absent. */
  readonly names?: readonly ImageName[]
  /** Of the image with the controller and the agent. The other one holds a compiled program, and is for this machine's. */
  readonly architectures: readonly Architecture[]
  readonly log: (line: string) => void
  /** RFC 3339; if absent, 1970: the same sources give the same digests on any day. */
  readonly created?: string
}

/** `podway`: the controller and the agent; `podway-cni`: the static executable, alone. */
export const imageNames = ['podway', 'podway-cni'] as const
export type ImageName = (typeof imageNames)[number]

export interface BuiltImage {
  readonly name: ImageName
  readonly folder: string
  /** Of its index. */
  readonly digest: string
  /** Compressed, of the largest of its architectures, in bytes. */
  readonly size: number
}

/**
 * Builds both images from `dist/` and what `deploy/image.lock` names, as OCI layouts.
 * @throws Error if the lock is not about what is in `dist/`, or a package can't be had
 */
export async function buildImages(options: BuildOptions): Promise<readonly BuiltImage[]> {
  const lock = await readLock()
  await requireFresh(lock)
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const given: Given = {
    lock,
    version,
    created: options.created ?? '1970-01-01T00:00:00Z',
    architectures: options.architectures,
    log: options.log,
  }
  const built: BuiltImage[] = []
  for (const name of options.names ?? imageNames) {
    const images = await imagesOf[name](given)
    const folder = join(options.outFolder, name)
    const { digest } = await writeLayout(folder, version, images)
    built.push({ name, folder, digest, size: Math.max(...images.map(({ layers }) => sizeOf(layers))) })
  }
  return built
}

interface Given extends Pick<BuildOptions, 'architectures' | 'log'> {
  readonly lock: ImageLock
  readonly version: string
  readonly created: string
}

const imagesOf: Readonly<Record<ImageName, (given: Given) => Promise<readonly Image[]>>> = {
  podway: programImages,
  'podway-cni': nodeBinaryImages,
}

async function programImages(given: Given): Promise<readonly Image[]> {
  const { lock, version, log } = given
  const program = await makeLayer('podway: the program', await programEntries())
  const images: Image[] = []
  for (const architecture of given.architectures) {
    log(`podway ${version}, linux/${architecture}`)
    const debian = lock.debian[architecture]
    const node = lock.node[architecture]
    const libraries = [...(await debianEntries(architecture, debian, log)), ...systemEntries]
    images.push({
      config: configOf('podway', architecture, given, ['/usr/bin/node', '/usr/lib/podway/podway.js']),
      layers: [
        await makeLayer('Debian: libraries and certificates', libraries),
        await makeLayer('Node.js', await nodeEntries(node, log)),
        program,
        await sbomLayer({ ...given, name: 'podway', debian, npm: [node, ...lock.podway], crates: [] }),
      ],
    })
  }
  return images
}

async function nodeBinaryImages(given: Given): Promise<readonly Image[]> {
  const architecture = ownArchitecture()
  given.log(`podway-cni ${given.version}, linux/${architecture}`)
  const crates = given.lock['podway-cni']
  return [
    {
      // In a DaemonSet it is told to be root: what it does are a node's own affairs.
      config: configOf('podway-cni', architecture, given, ['/usr/bin/podway-cni']),
      layers: [
        await makeLayer('podway-cni: the program', await nodeBinaryEntries()),
        await sbomLayer({ ...given, name: 'podway-cni', debian: [], npm: [], crates }),
      ],
    },
  ]
}

/** What `deploy/image.lock` has to say of the layers that are made here. */
export const currentPrograms = async (): Promise<Pick<ImageLock, 'podway' | 'podway-cni'>> => ({
  podway: await npmPackages(await bundledPackages()),
  'podway-cni': await crates(),
})

export async function currentNode(): Promise<ImageLock['node']> {
  const [amd64, arm64] = await Promise.all(
    architectures.map(async (one) => npmPackages([`node_modules/${nodePackages[one]}`])),
  )
  const [first, second] = [amd64?.[0], arm64?.[0]]
  if (first === undefined || second === undefined) throw new Error('package-lock.json has no Node')
  return { amd64: first, arm64: second }
}

async function requireFresh({ node, podway, 'podway-cni': nodeBinary }: ImageLock): Promise<void> {
  const current = { node: await currentNode(), ...(await currentPrograms()) }
  if (JSON.stringify({ node, podway, 'podway-cni': nodeBinary }) !== JSON.stringify(current))
    throw new Error(
      `${lockFile} is not about the packages in ${dist} any more: npm run images -- --update-lock`,
    )
}

const sbomLayer = (contents: Contents): Promise<Layer> =>
  makeLayer('SBOM', [file(`usr/share/doc/${contents.name}/sbom.spdx.json`, formatSbom(contents))])

const sizeOf = (layers: readonly Layer[]): number =>
  layers.reduce((sum, { content }) => sum + content.length, 0)

function configOf(
  name: ImageName,
  architecture: Architecture,
  { version, created }: { readonly version: string; readonly created: string },
  entrypoint: readonly string[],
): ImageConfig {
  return {
    architecture,
    entrypoint,
    created,
    user: '65532:65532',
    environment: ['PATH=/usr/bin'],
    labels: {
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.description':
        name === 'podway'
          ? 'Cloud routes for Kubernetes pods: the controller and the node agent of podway.'
          : 'Cloud routes for Kubernetes pods: the CNI binary of podway, and the privileged half of its node agent.',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.vendor': 'podway',
    },
  }
}
