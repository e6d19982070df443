import type { Scenario } from './scenario.ts'
import { bridgeScenarios } from './scenarios/bridge.ts'
import { ipvlanScenarios } from './scenarios/ipvlan.ts'
import { macvlanScenarios } from './scenarios/macvlan.ts'
import { ptpScenarios } from './scenarios/ptp.ts'

/** All of them, in the order in which they are played. */
export const scenarios: readonly Scenario[] = [
  ...ptpScenarios,
  ...bridgeScenarios,
  ...macvlanScenarios,
  ...ipvlanScenarios,
]
