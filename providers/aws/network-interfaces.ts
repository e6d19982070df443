import type { Filter, NetworkInterface } from '@aws-sdk/client-ec2'
import { byFilter } from './by-filter.ts'
import { type Ec2, callForAll } from './call.ts'
import { isPrimary } from './target-interface.ts'

/** An instance may have a dozen; the SDK parses a page without yielding. */
const pageSize = 200

/** Those of the interfaces that exist. By filter: an unknown id in NetworkInterfaceIds would fail the call for all. */
export async function interfacesById(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NetworkInterface>> {
  const found = await describe(ec2, 'network-interface-id', ids, [], signal)
  return new Map(found.map((eni) => [eni.NetworkInterfaceId ?? '', eni]))
}

/** All interfaces of the VPC, whoever has them. */
export const interfacesOfVpc = (
  ec2: Ec2,
  vpcId: string,
  signal: AbortSignal,
): Promise<readonly NetworkInterface[]> => describe(ec2, 'vpc-id', [vpcId], [], signal)

/** The primary interfaces of the instances that have one, by instance. */
export async function primaryInterfaces(
  ec2: Ec2,
  instances: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NetworkInterface>> {
  // EC2 could filter by device index too; LocalStack can't, and instances have few interfaces.
  const found = await describe(ec2, 'attachment.instance-id', instances, [], signal)
  return new Map(found.filter(isPrimary).map((eni) => [eni.Attachment?.InstanceId ?? '', eni]))
}

/** Those interfaces of the instances that have the tag. An instance's own description leaves out its interfaces' tags. */
export async function taggedInterfaces(
  ec2: Ec2,
  instances: readonly string[],
  tag: { readonly key: string; readonly value: string },
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const withTag = [{ Name: `tag:${tag.key}`, Values: [literal(tag.value)] }]
  const found = await describe(ec2, 'attachment.instance-id', instances, withTag, signal)
  return new Set(found.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []))
}

/** Filters take `*` and `?` for wildcards: a name with one must not reach others' resources. */
export const literal = (text: string): string => text.replace(/[\\*?]/g, '\\$&')

async function describe(
  ec2: Ec2,
  filter: string,
  values: readonly string[],
  others: readonly Filter[],
  signal: AbortSignal,
): Promise<readonly NetworkInterface[]> {
  const read = (Filters: Filter[]): Promise<readonly NetworkInterface[]> =>
    callForAll(
      ec2,
      'DescribeNetworkInterfaces',
      signal,
      (api, page, options) =>
        api.describeNetworkInterfaces({ Filters, MaxResults: pageSize, ...page }, options),
      (answer) => answer.NetworkInterfaces,
    )
  return byFilter(filter, values, read, others)
}
