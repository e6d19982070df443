import type { Step } from './step.ts'
import { machines } from './steps/machines.ts'
import { network } from './steps/network.ts'
import { reads } from './steps/reads.ts'
import { routes } from './steps/routes.ts'
import { world } from './steps/world.ts'

/** All that is said to each cloud, in this order. What a step leaves behind stays for those after it. */
export const STEPS: readonly Step[] = [...world, ...reads, ...routes, ...network, ...machines]
