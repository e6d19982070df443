import { formatAddress } from '../../../../net/address.ts'
import { formatCidr } from '../../../../net/cidr.ts'
import { timestamp } from '../operations.ts'
import { urlOf } from '../references.ts'
import { type Instance, type NetworkInterface, projectOf } from '../state.ts'
import { fingerprint, metadataView } from './metadata.ts'

export function instanceView(instance: Instance): object {
  const project = projectOf(instance.path)
  const zone = urlOf(`projects/${project}/zones/${instance.zone}`)
  return {
    kind: 'compute#instance',
    id: instance.id,
    creationTimestamp: timestamp(instance.created),
    name: instance.name,
    tags: {
      ...(instance.tags.length === 0 ? {} : { items: instance.tags }),
      fingerprint: fingerprint(instance.tags.join()),
    },
    machineType: `${zone}/machineTypes/e2-small`,
    status: instance.status,
    zone,
    canIpForward: instance.canIpForward,
    metadata: metadataView(instance.metadata),
    ...(Object.keys(instance.labels).length === 0 ? {} : { labels: instance.labels }),
    ...(instance.serviceAccount === undefined
      ? {}
      : {
          serviceAccounts: [
            {
              email: instance.serviceAccount,
              scopes: ['https://www.googleapis.com/auth/cloud-platform'],
            },
          ],
        }),
    networkInterfaces: instance.interfaces.map((nic) => interfaceView(instance, nic)),
    selfLink: urlOf(instance.path),
    labelFingerprint: fingerprint(''),
    fingerprint: fingerprint(`${instance.path} ${instance.status}`),
    startRestricted: false,
    deletionProtection: false,
  }
}

function interfaceView(instance: Instance, nic: NetworkInterface): object {
  return {
    kind: 'compute#networkInterface',
    network: urlOf(nic.network),
    subnetwork: urlOf(nic.subnetwork),
    networkIP: formatAddress(nic.address),
    name: nic.name,
    ...(nic.external === undefined
      ? {}
      : {
          accessConfigs: [
            {
              kind: 'compute#accessConfig',
              type: 'ONE_TO_ONE_NAT',
              name: 'External NAT',
              natIP: formatAddress(nic.external),
              networkTier: 'PREMIUM',
            },
          ],
        }),
    ...(nic.aliases.length === 0
      ? {}
      : {
          aliasIpRanges: nic.aliases.map(({ range, rangeName }) => ({
            ipCidrRange: formatCidr(range),
            ...(rangeName === undefined ? {} : { subnetworkRangeName: rangeName }),
          })),
        }),
    fingerprint: interfaceFingerprint(instance, nic),
    ...(nic.ipv6 === undefined
      ? { stackType: 'IPV4_ONLY' }
      : {
          stackType: 'IPV4_IPV6',
          ipv6AccessType: 'INTERNAL',
          ipv6Address: formatAddress(nic.ipv6),
          internalIpv6PrefixLength: 96,
        }),
  }
}

export const interfaceFingerprint = (instance: Instance, nic: NetworkInterface): string =>
  fingerprint(`${instance.path} ${nic.name} ${nic.version}`)
