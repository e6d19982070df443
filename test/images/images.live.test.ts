import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EC2 } from '@aws-sdk/client-ec2'
import { KubeConfig, loadYaml } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../tools/build/build.ts'
import { type BuiltImage, buildImages, ownArchitecture } from '../../tools/images/build-images.ts'
import { readLock } from '../../tools/images/lock.ts'
import { clusterName } from '../demo/cluster-name.ts'
import { createInstance, createVpc } from '../demo/vpc.ts'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../simulators/http-server.ts'
import { createKubernetesSimulator } from '../simulators/kubernetes/kubernetes-simulator.ts'
import { spawnInImage } from './chroot.ts'
import { type ImageTools, ensureImageTools } from './image-tools.ts'

/** The images as strangers read them, and as they run. */

const scratch = mkdtempSync(join(tmpdir(), 'podway-images-'))
const log = (line: string): void => void process.stderr.write(`${line}\n`)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
let tools: ImageTools
let images: ReadonlyMap<string, BuiltImage>

const build = async (folder: string): Promise<ReadonlyMap<string, BuiltImage>> => {
  const options = { outFolder: join(scratch, folder), architectures: [ownArchitecture()], log }
  return new Map((await buildImages(options)).map((image) => [image.name, image]))
}

const reference = (name: string): string => `oci:${images.get(name)?.folder ?? ''}:${version}`
const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

beforeAll(async () => {
  tools = await ensureImageTools({ environment: process.env, log })
  images = await build('first')
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.each([
  { name: 'podway', most: 80e6, layers: 4 },
  { name: 'podway-cni', most: 3e6, layers: 2 },
])('the image $name', ({ name, most, layers }) => {
  it('is one that skopeo copies, digest by digest', () => {
    const inspected = JSON.parse(run(tools.skopeo, '--insecure-policy', 'inspect', reference(name))) as {
      Labels: Record<string, string>
      Layers: string[]
      Architecture: string
      Os: string
    }
    expect(inspected).toMatchObject({ Architecture: ownArchitecture(), Os: 'linux' })
    expect(inspected.Layers).toHaveLength(layers)
    expect(inspected.Labels).toMatchObject({
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    })
    run(
      tools.skopeo,
      '--insecure-policy',
      'copy',
      '-q',
      reference(name),
      `dir:${join(scratch, `copy-${name}`)}`,
    )
  })

  it('runs as nobody special', () => {
    const config = JSON.parse(
      run(tools.skopeo, '--insecure-policy', 'inspect', '--config', reference(name)),
    ) as { config: { User: string; Entrypoint: string[] } }
    expect(config.config.User).toBe('65532:65532')
  })

  it(`has at most ${most / 1e6} MB`, () => {
    expect(images.get(name)?.size).toBeLessThan(most)
  })
})

it('is the same when it is built again', async () => {
  const again = await build('second')
  expect([...again.values()].map(({ digest }) => digest)).toEqual(
    [...images.values()].map(({ digest }) => digest),
  )
})

describe.skipIf(process.getuid?.() !== 0)(
  'what is in the images (only root can unpack and enter them)',
  () => {
    const rootfs = (name: string): string => join(scratch, `bundle-${name}`, 'rootfs')
    const servers: RunningServer[] = []
    const kubernetes = createKubernetesSimulator()

    beforeAll(() => {
      for (const name of ['podway', 'podway-cni']) {
        const image = `${images.get(name)?.folder ?? ''}:${version}`
        run(tools.umoci, 'unpack', '--image', image, join(scratch, `bundle-${name}`))
      }
    })

    afterAll(async () => {
      kubernetes.close()
      for (const server of servers) await server.close()
    })

    it('the SBOM names every package of the lock', async () => {
      const lock = await readLock()
      const wanted = {
        podway: [...lock.debian[ownArchitecture()], lock.node[ownArchitecture()], ...lock.podway],
        'podway-cni': lock['podway-cni'],
      }
      for (const [name, packages] of Object.entries(wanted)) {
        const path = join(rootfs(name), `usr/share/doc/${name}/sbom.spdx.json`)
        const sbom = JSON.parse(readFileSync(path, 'utf8')) as {
          spdxVersion: string
          packages: { SPDXID: string; name: string; versionInfo: string }[]
          relationships: { relatedSpdxElement: string }[]
        }
        expect(sbom.spdxVersion).toBe('SPDX-2.3')
        const named = sbom.packages.map((one) => `${one.name}@${one.versionInfo}`)
        expect(named).toEqual([`${name}@${version}`, ...packages.map((one) => `${one.name}@${one.version}`)])
        expect(new Set(sbom.packages.map(({ SPDXID }) => SPDXID)).size).toBe(sbom.packages.length)
        expect(sbom.relationships.map(({ relatedSpdxElement }) => relatedSpdxElement).sort()).toEqual(
          sbom.packages.map(({ SPDXID }) => SPDXID).sort(),
        )
      }
    })

    it('no file but /tmp can be written by everybody, and none acts as root', () => {
      for (const name of ['podway', 'podway-cni']) {
        const found = run(
          'find',
          rootfs(name),
          '!',
          '-type',
          'l',
          '(',
          '-perm',
          '/o+w',
          '-o',
          '-perm',
          '/u+s,g+s',
          ')',
        )
        expect(found.trim()).toBe(name === 'podway' ? join(rootfs(name), 'tmp') : '')
      }
    })

    it('the controller writes a route, as 65532 and with files that it cannot change', async () => {
      const region = 'us-east-1'
      servers.push(await serve(createEc2Simulator({ region, buckets: 'off' })), await serve(kubernetes))
      const [cloud, cluster] = servers
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
      const ec2 = new EC2({ endpoint: cloud?.url ?? '', region, credentials })
      const instance = await createInstance(ec2, await createVpc(ec2), 'a', 'node-1', 10)
      const create = (target: string, object: unknown): void => {
        const headers = { 'content-type': 'application/json', accept: 'application/json' }
        const request = { method: 'POST', target, headers, body: JSON.stringify(object) }
        expect(kubernetes.handle(request, Date.now())).toMatchObject({ status: 201 })
      }
      for (const name of ['noderoutes', 'podnetworks'])
        create(
          '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
          loadYaml(readFileSync(join(root, `deploy/crds/${name}.yaml`), 'utf8')),
        )
      create('/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'podway-system' },
      })
      create('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-1' },
        spec: { providerID: `aws:///${instance.zone}/${instance.id}` },
      })
      const config = new KubeConfig()
      config.loadFromClusterAndUser(
        { name: 'c', server: cluster?.url ?? '', skipTLSVerify: true },
        { name: 'u' },
      )
      // As a mounted Secret would be there.
      const mounted = join(rootfs('podway'), 'run/podway')
      mkdirSync(mounted, { recursive: true })
      writeFileSync(join(mounted, 'kubeconfig'), config.exportConfig(), { mode: 0o644 })

      const { config: described } = JSON.parse(
        run(tools.skopeo, '--insecure-policy', 'inspect', '--config', reference('podway')),
      ) as { config: { Entrypoint: string[]; Env: string[] } }
      const args = [
        ...['controller', '--provider', 'aws', '--cluster-name', clusterName],
        ...['--cluster-cidr', '10.244.0.0/16', '--kubeconfig', '/run/podway/kubeconfig'],
        ...['--metrics-bind-address', '0'],
      ]
      const child = spawnInImage(rootfs('podway'), [...described.Entrypoint, ...args], {
        PATH: process.env.PATH,
        AWS_ENDPOINT_URL_EC2: cloud?.url,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_EC2_METADATA_DISABLED: 'true',
      })
      let errors = ''
      child.stderr?.on('data', (text: Buffer) => (errors += text.toString()))
      const lines: string[] = []
      try {
        if (child.stdout === null) throw new Error('no pipe')
        const deadline = AbortSignal.timeout(60_000)
        let routed = false
        for await (const line of createInterface({ input: child.stdout, signal: deadline })) {
          lines.push(line)
          const tables = await ec2.describeRouteTables({
            Filters: [{ Name: 'route.destination-cidr-block', Values: ['10.244.0.0/24'] }],
          })
          routed = (tables.RouteTables ?? []).length > 0
          if (routed) break
        }
        expect(routed, [errors, ...lines].join('\n')).toBe(true)
      } finally {
        child.kill('SIGKILL')
        ec2.destroy()
      }
    })
  },
)
