import { findConfigurations } from './configurations.ts'
import { executableNames, placeOf } from './executables.ts'
import type { Handler } from './handler.ts'
import { Fields } from './parameters.ts'

/** Says what a runtime finds on this machine. */
export const inspect: Handler<'cni.inspect'> = (parameters, context) => {
  new Fields(parameters, 'parameters', [])
  return {
    configurations: findConfigurations(context),
    plugins: executableNames.filter((name) => placeOf(context, name) === 'current'),
  }
}
