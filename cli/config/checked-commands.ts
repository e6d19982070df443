import { readAdoptConfig } from '../adopt-config.ts'
import { readAgentConfig } from '../agent-config.ts'
import { readCloudConfig } from '../cloud-config.ts'
import { readControllerConfig } from '../controller-config.ts'
import { readDoctorConfig } from '../doctor/doctor-config.ts'
import { readPathCloud } from '../doctor/path/path-config.ts'
import type { CommandName, Settings } from '../settings/command-settings.ts'
import type { Told } from '../settings/read-settings.ts'

type Check<C extends CommandName> = (settings: Settings<C>, told: Told) => unknown

/** What a command checks between its settings before it does anything; those that are not here check nothing. */
export const checks: { readonly [C in CommandName]?: Check<C> } = {
  controller: readControllerConfig,
  agent: readAgentConfig,
  adopt: (settings) => readAdoptConfig([], settings),
  cleanup: readCloudConfig,
  'doctor aws': (settings) => readDoctorConfig('aws', settings),
  'doctor gcp': (settings) => readDoctorConfig('gcp', settings),
  'doctor azure': (settings) => readDoctorConfig('azure', settings),
  'doctor path': readPathCloud,
}
