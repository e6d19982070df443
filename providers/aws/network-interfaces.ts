import type { NetworkInterface } from '@aws-sdk/client-ec2'
import { type Ec2, callForAll } from './call.ts'
import { chunks, maxFilterValues } from './chunks.ts'

/** Those of the interfaces that exist. By filter: an unknown id in NetworkInterfaceIds would fail the call for all. */
export async function interfacesById(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NetworkInterface>> {
  const found = new Map<string, NetworkInterface>()
  for (const Values of chunks([...new Set(ids)], maxFilterValues)) {
    const Filters = [{ Name: 'network-interface-id', Values }]
    const interfaces = await callForAll(
      ec2,
      'DescribeNetworkInterfaces',
      signal,
      (api, page, options) => api.describeNetworkInterfaces({ Filters, ...page }, options),
      (answer) => answer.NetworkInterfaces,
    )
    for (const eni of interfaces)
      if (eni.NetworkInterfaceId !== undefined) found.set(eni.NetworkInterfaceId, eni)
  }
  return found
}
