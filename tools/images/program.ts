import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { dist, root } from '../build/build.ts'
import { type Entry, file } from './entry.ts'

/** The folders of the npm packages of which parts are in the program, as package-lock.json names them. */
export const bundledPackages = async (): Promise<readonly string[]> =>
  JSON.parse(await readFile(join(dist, 'packages.json'), 'utf8')) as string[]

/** The controller's and the agent's program: JavaScript, the same on every architecture. */
export async function programEntries(): Promise<readonly Entry[]> {
  const chunks = await readdir(join(dist, 'chunks'))
  const names = ['main.js', 'package.json', 'podway.js', ...chunks.map((name) => `chunks/${name}`)]
  return [
    ...(await Promise.all(names.map(async (name) => copy(join(dist, name), `usr/lib/podway/${name}`)))),
    // For who enters the container: `podway` by its name.
    { kind: 'link', path: 'usr/bin/podway', target: '../lib/podway/podway.js' },
    await copy(join(root, 'LICENSE'), 'usr/share/doc/podway/copyright'),
    file('usr/share/doc/podway/third-party-licenses.txt', await thirdPartyLicenses()),
  ]
}

/** The node binary, which needs nothing else: an image of one file, and its licence. */
export async function nodeBinaryEntries(): Promise<readonly Entry[]> {
  return [
    file('usr/bin/podway-cni', await readFile(join(dist, 'podway-cni')), 0o755),
    await copy(join(root, 'LICENSE'), 'usr/share/doc/podway-cni/copyright'),
  ]
}

/** Users, and where names are looked up: what programs expect of a system, and no more. 65532 is what distroless images have. */
export const systemEntries: readonly Entry[] = [
  file(
    'etc/passwd',
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  ),
  file('etc/group', 'root:x:0:\nnonroot:x:65532:\n'),
  file('etc/nsswitch.conf', 'hosts: files dns\n'),
  { kind: 'folder', path: 'home/nonroot', mode: 0o755 },
  { kind: 'folder', path: 'tmp', mode: 0o1777 },
]

const copy = async (from: string, path: string): Promise<Entry> => file(path, await readFile(from))

/** What the licences of those packages ask to be passed on: their texts and notices. */
async function thirdPartyLicenses(): Promise<string> {
  const texts = await Promise.all(
    (await bundledPackages()).map(async (folder) => {
      const names = (await readdir(join(root, folder))).filter((name) =>
        /^(licen[cs]e|notice|copying)/i.test(name),
      )
      const parts = await Promise.all(names.sort().map((name) => readFile(join(root, folder, name), 'utf8')))
      return parts.length === 0
        ? ''
        : `${folder.replace(/^.*node_modules\//, '')}\n\n${parts.join('\n').trim()}\n`
    }),
  )
  return texts.filter((text) => text !== '').join(`\n${'-'.repeat(80)}\n\n`)
}
