import { parseCidr } from '../../net/cidr.ts'
import type { AssignedAddress, ResultRoute } from '../spec/result.ts'
import type { BridgeConfig } from './bridge-config.ts'
import { firstOfSubnet } from './bridge-gateway.ts'

/** Where IPAM names no gateway, a bridge that is one has the first address of the subnet. */
export const withGateways = (
  addresses: readonly AssignedAddress[],
  { isGateway }: Pick<BridgeConfig, 'isGateway'>,
): readonly AssignedAddress[] =>
  addresses.map(({ address, gateway }) => ({
    address,
    gateway: gateway ?? (isGateway ? firstOfSubnet(address) : undefined),
  }))

/** With `isDefaultGateway`, for each family that IPAM has no default route with a gateway for. */
export function gatewayRoutes(
  addresses: readonly AssignedAddress[],
  routes: readonly ResultRoute[],
  { isDefaultGateway }: Pick<BridgeConfig, 'isDefaultGateway'>,
): readonly ResultRoute[] {
  if (!isDefaultGateway) return []
  return ([4, 6] as const).flatMap((family) => {
    const gw = addresses.find(({ address }) => address.address.family === family)?.gateway
    const isDefault = ({ dst, gw }: ResultRoute): boolean =>
      dst.family === family && dst.prefixLength === 0 && gw !== undefined
    if (gw === undefined || routes.some(isDefault)) return []
    return [{ dst: parseCidr(family === 4 ? '0.0.0.0/0' : '::/0'), gw }]
  })
}
