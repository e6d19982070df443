import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Layer, digestOf } from './layer.ts'

/** For which machines an image is, in the words of the OCI. */
export const architectures = ['amd64', 'arm64'] as const
export type Architecture = (typeof architectures)[number]

/** What an image is beside its layers. */
export interface ImageConfig {
  readonly architecture: Architecture
  readonly entrypoint: readonly string[]
  /** `uid:gid`, numbers: what `runAsNonRoot` can judge. */
  readonly user: string
  readonly environment: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly created: string
}

export interface Image {
  readonly config: ImageConfig
  /** From the bottom. */
  readonly layers: readonly Layer[]
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/**
 * Writes the images, one for each architecture, as an OCI image layout (OCI Image Specification 1.1, "Image Layout") that
 * skopeo, crane, umoci and podman read, and returns the digest of the index by which a registry would know them all.
 * What was in the folder goes.
 */
export async function writeLayout(
  folder: string,
  tag: string,
  images: readonly Image[],
): Promise<{ readonly digest: string }> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  const put = async (mediaType: string, content: Uint8Array): Promise<Descriptor> => {
    const digest = digestOf(content)
    await writeFile(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)), content)
    return { mediaType, digest, size: content.length }
  }
  const manifests: object[] = []
  for (const image of images) {
    const manifest = await put(type('manifest.v1+json'), encode(await manifestOf(image, put)))
    manifests.push({ ...manifest, platform: { architecture: image.config.architecture, os: 'linux' } })
  }
  const index = { schemaVersion: 2, mediaType: type('index.v1+json'), manifests }
  const { digest, ...rest } = await put(type('index.v1+json'), encode(index))
  const named = { ...rest, digest, annotations: { 'org.opencontainers.image.ref.name': tag } }
  // With one image the index of the layout names that, for old readers, which look for no index in an index.
  const top =
    manifests.length === 1 ? manifests.map((one) => ({ ...one, annotations: named.annotations })) : [named]
  await writeFile(join(folder, 'oci-layout'), encode({ imageLayoutVersion: '1.0.0' }))
  await writeFile(
    join(folder, 'index.json'),
    encode({ schemaVersion: 2, mediaType: type('index.v1+json'), manifests: top }),
  )
  return { digest }
}

async function manifestOf(
  { config, layers }: Image,
  put: (mediaType: string, content: Uint8Array) => Promise<Descriptor>,
): Promise<object> {
  const stored: Descriptor[] = []
  for (const { content } of layers) stored.push(await put(type('layer.v1.tar+gzip'), content))
  const described = {
    architecture: config.architecture,
    os: 'linux',
    created: config.created,
    config: {
      User: config.user,
      Env: config.environment,
      Entrypoint: config.entrypoint,
      WorkingDir: '/',
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ comment }) => ({ created: config.created, created_by: comment })),
  }
  return {
    schemaVersion: 2,
    mediaType: type('manifest.v1+json'),
    config: await put(type('config.v1+json'), encode(described)),
    layers: stored,
    annotations: config.labels,
  }
}

const type = (name: string): string => `application/vnd.oci.image.${name}`
const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
