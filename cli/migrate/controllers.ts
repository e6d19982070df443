import { runs } from '../doctor/command-line.ts'
import { type Running, givesRanges, writesRoutes } from '../doctor/running.ts'

/** Controllers of others that have nothing else to do, so that they are removed and not given a flag. */
const routeWriters = ['aws-custom-route-controller'] as const
const allocators = ['node-ipam-controller'] as const

const isOneOf = ({ container }: Running, programs: readonly string[]): boolean =>
  programs.some((program) => runs(container, program))

/** What writes routes for Nodes now, podway apart. */
export const routeControllers = (running: readonly Running[]): readonly Running[] =>
  running.filter((one) => writesRoutes(one.container) || isOneOf(one, routeWriters))

/** What gives Nodes their podCIDRs now, podway apart. */
export const rangeGivers = (running: readonly Running[]): readonly Running[] =>
  running.filter((one) => givesRanges(one.container) || isOneOf(one, allocators))

/** Whether it is nothing but that, and is removed as a whole. */
export const isRemovedWhole = (one: Running): boolean => isOneOf(one, [...routeWriters, ...allocators])

/** Whether a kube-controller-manager shows its flags. */
export const seesControllerManager = (running: readonly Running[]): boolean =>
  running.some(({ container }) => runs(container, 'kube-controller-manager'))
