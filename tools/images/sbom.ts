import { createHash } from 'node:crypto'
import type { Crate, DebianPackage, NpmPackage } from './lock.ts'

/** What an image is made of. */
export interface Contents {
  readonly name: string
  readonly version: string
  readonly created: string
  readonly debian: readonly DebianPackage[]
  readonly npm: readonly NpmPackage[]
  readonly crates: readonly Crate[]
}

interface Component {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly purl: string
  readonly checksum: { readonly algorithm: string; readonly checksumValue: string }
}

/**
 * The bill of materials (SPDX 2.3, JSON) of an image: the same contents give the same text, since the document's name in
 * the world, its namespace, is made of them.
 */
export function formatSbom(contents: Contents): string {
  const components = [
    ...contents.debian.map(fromDebian),
    ...contents.npm.map(fromNpm),
    ...contents.crates.map(fromCrate),
  ]
  const root = {
    SPDXID: 'SPDXRef-Package',
    name: contents.name,
    versionInfo: contents.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'Apache-2.0',
    licenseDeclared: 'Apache-2.0',
    copyrightText: 'NOASSERTION',
    primaryPackagePurpose: 'CONTAINER',
  }
  const packages = components.map((component, i) => ({
    SPDXID: `SPDXRef-Package-${i + 1}`,
    name: component.name,
    versionInfo: component.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: component.license,
    copyrightText: 'NOASSERTION',
    checksums: [component.checksum],
    externalRefs: [
      { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: component.purl },
    ],
  }))
  const relationships = [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: root.SPDXID },
    ...packages.map(({ SPDXID }) => ({
      spdxElementId: root.SPDXID,
      relationshipType: 'CONTAINS',
      relatedSpdxElement: SPDXID,
    })),
  ]
  const hash = createHash('sha256')
    .update(JSON.stringify([root, packages]))
    .digest('hex')
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${contents.name}-${contents.version}`,
    documentNamespace: `https://podway.dev/spdx/${contents.name}-${contents.version}-${hash}`,
    creationInfo: { created: contents.created, creators: [`Tool: podway-images-${contents.version}`] },
    packages: [root, ...packages],
    relationships,
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

const fromDebian = ({ name, version, sha256 }: DebianPackage): Component => ({
  name,
  version,
  // Debian's packages have a file with many; the image has it.
  license: 'NOASSERTION',
  purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?distro=bookworm`,
  checksum: { algorithm: 'SHA256', checksumValue: sha256 },
})

const fromNpm = ({ name, version, integrity, license }: NpmPackage): Component => ({
  name,
  version,
  license: isExpression(license) ? license : 'NOASSERTION',
  purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  checksum: {
    algorithm: 'SHA512',
    checksumValue: Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex'),
  },
})

const fromCrate = ({ name, version, checksum }: Crate): Component => ({
  name,
  version,
  license: 'NOASSERTION',
  purl: `pkg:cargo/${name}@${version}`,
  checksum: { algorithm: 'SHA256', checksumValue: checksum },
})

/** Names of licences and how they are joined; "SEE LICENSE IN …" is none. */
const isExpression = (license: string): boolean => /^\(?[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*\)?$/.test(license)
