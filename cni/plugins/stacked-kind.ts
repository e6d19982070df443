import type { Call } from '../call.ts'
import { podInterfaceOf } from '../plugin.ts'
import type { StackedConfig } from './stacked-config.ts'

/** Which of the two is called: by its name, or by what the configuration of `podway-cni` says. */
export const stackedKindOf = ({ plugin, config }: Call): StackedConfig['kind'] =>
  (plugin === 'podway-cni' ? podInterfaceOf(config.json) : plugin) === 'macvlan' ? 'macvlan' : 'ipvlan'
