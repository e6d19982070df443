import { rangeOfAlias } from '../alias-ranges.ts'
import type { WireAliasRange, WireInstance, WireInterface, WireMetadata, WireProject } from '../gce-api.ts'
import { addressesOf } from '../instances.ts'
import { pathOf } from '../resource-names.ts'
import type { AliasRange, Place } from './picture.ts'

/** `project`: that of the instance, for what its metadata say. */
export const placeOf = (instance: WireInstance, project: WireProject | undefined): Place => ({
  path: pathOf(instance.selfLink ?? ''),
  status: instance.status ?? 'UNKNOWN',
  canIpForward: instance.canIpForward === true,
  tags: instance.tags?.items ?? [],
  serviceAccounts: (instance.serviceAccounts ?? []).flatMap(({ email }) => email ?? []),
  interfaces: (instance.networkInterfaces ?? []).map((nic) => ({
    name: nic.name ?? '',
    network: pathOf(nic.network ?? ''),
    subnet: pathOf(nic.subnetwork ?? ''),
    addresses: addressesOf(nic),
    isExternal: (nic.accessConfigs ?? []).some(({ natIP }) => natIP !== undefined && natIP !== ''),
    aliases: aliasesOf(nic),
  })),
  isOfGke: instance.labels?.['goog-gke-node'] !== undefined,
  guestAgent: guestAgentOf(instance.metadata, project?.commonInstanceMetadata),
})

export const aliasesOf = ({
  aliasIpRanges = [],
  aliasIpv6Ranges = [],
}: WireInterface): readonly AliasRange[] => [...aliasIpRanges, ...aliasIpv6Ranges].flatMap(aliasOf)

function aliasOf(alias: WireAliasRange): readonly AliasRange[] {
  const range = rangeOfAlias(alias)
  const of = alias.subnetworkRangeName
  return range === undefined ? [] : [{ range, of: of === '' ? undefined : of }]
}

/**
 * The agent makes a local route of each alias range unless its address manager is off, which metadata say, the instance's
 * before the project's; or unless its configuration says `ip_aliases = false`, which may have come with what the instance
 * runs at its start. Source: https://github.com/GoogleCloudPlatform/guest-agent (addresses.go)
 */
function guestAgentOf(own: WireMetadata | undefined, common: WireMetadata | undefined): Place['guestAgent'] {
  const value = (key: string): string | undefined =>
    [own, common].flatMap((metadata) => metadata?.items ?? []).find((item) => item.key === key)?.value
  if (/^(1|t|true)$/i.test(value('disable-address-manager') ?? '')) return 'restrained'
  const startup = ['startup-script', 'user-data'].map((key) => value(key) ?? '')
  return startup.some((text) => /\bip_aliases\s*=\s*false\b/i.test(text)) ? 'restrained' : 'free'
}
