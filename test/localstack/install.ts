import { fileURLToPath } from 'node:url'
import {
  ensurePythonEnvironment,
  type InstallOptions,
  type PythonEnvironment,
} from '../python/environment.ts'

/** The version is LocalStack's: `4.14.0`. */
export type LocalStackInstall = PythonEnvironment

/**
 * LocalStack in host mode. It takes from a quarter of a minute to a minute, and 250 MB.
 *
 * @throws as {@link ensurePythonEnvironment}
 */
export const ensureLocalStack = (options: InstallOptions): Promise<LocalStackInstall> =>
  ensurePythonEnvironment(
    {
      what: 'LocalStack',
      main: 'localstack-core',
      requirementsFile: fileURLToPath(new URL('requirements.txt', import.meta.url)),
    },
    options,
  )
