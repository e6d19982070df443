import type { Filter, Instance, Reservation } from '@aws-sdk/client-ec2'
import { type Address, formatAddress, parseAddress } from '../../net/address.ts'
import { byFilter } from './by-filter.ts'
import { type Ec2, callForAll } from './call.ts'

/**
 * The instance of a provider ID: `aws:///eu-central-1a/i-0abc…` as AWS's node controller writes it, or without zone.
 * Undefined for what is no EC2 instance: another cloud's ID, a Fargate node's.
 */
export function instanceIdOf(providerID: string): string | undefined {
  return /^aws:\/\/[^/]*\/(?:[^/]*\/)*(i-[0-9a-f]+)$/.exec(providerID)?.[1]
}

/**
 * The instances of these ids that EC2 knows, of any state. By filter, so that an unknown id is merely absent: as an
 * argument it fails the call for all (https://github.com/kubernetes/cloud-provider-aws/issues/1351).
 */
export function instancesById(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  return describe(ec2, 'instance-id', ids, [], signal)
}

/** The instances in these VPCs that have one of the addresses; others' VPCs may well use the same ranges. */
export async function instancesByAddress(
  ec2: Ec2,
  vpcs: readonly string[],
  addresses: readonly Address[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  if (vpcs.length === 0) return []
  const inVpcs = [{ Name: 'vpc-id', Values: [...vpcs] }]
  const texts = (family: 4 | 6): string[] => addresses.filter((a) => a.family === family).map(formatAddress)
  return [
    ...(await describe(ec2, 'private-ip-address', texts(4), inVpcs, signal)),
    ...(await describe(ec2, 'network-interface.ipv6-addresses.ipv6-address', texts(6), inVpcs, signal)),
  ]
}

/**
 * The instances in these VPCs whose private DNS name is one of the names. Of subnets that name by address, it is
 * `ip-10-0-1-4.eu-central-1.compute.internal`, and the usual name of a kubelet that was told nothing else.
 */
export async function instancesByPrivateDnsName(
  ec2: Ec2,
  vpcs: readonly string[],
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  if (vpcs.length === 0) return []
  return describe(ec2, 'private-dns-name', names, [{ Name: 'vpc-id', Values: [...vpcs] }], signal)
}

/** Every address of the instance's interfaces, in canonical text. */
export function addressesOf(instance: Instance): ReadonlySet<string> {
  const texts = (instance.NetworkInterfaces ?? []).flatMap((eni) => [
    ...(eni.PrivateIpAddresses ?? []).map((entry) => entry.PrivateIpAddress),
    ...(eni.Ipv6Addresses ?? []).map((entry) => entry.Ipv6Address),
  ])
  return new Set(
    [instance.PrivateIpAddress, ...texts]
      .filter((text) => text !== undefined)
      .map((text) => formatAddress(parseAddress(text))),
  )
}

async function describe(
  ec2: Ec2,
  filter: string,
  values: readonly string[],
  others: readonly Filter[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const read = (Filters: Filter[]): Promise<readonly Reservation[]> =>
    callForAll(
      ec2,
      'DescribeInstances',
      signal,
      (api, page, options) => api.describeInstances({ Filters, ...page }, options),
      (answer) => answer.Reservations,
    )
  const reservations = await byFilter(filter, values, read, others)
  return reservations.flatMap(({ Instances = [] }) => Instances)
}
