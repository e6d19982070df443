import { networkPath } from './arm-api.ts'
import { type Arm, callForAll } from './call.ts'
import type { WireSubnet } from './wire.ts'

/** All subnets of a network, whoever uses them. @param network its id */
export const subnetsOfNetwork = (
  arm: Arm,
  network: string,
  signal: AbortSignal,
): Promise<readonly WireSubnet[]> =>
  callForAll<WireSubnet>(arm, 'Subnets_List', networkPath(`${network}/subnets`), signal)
