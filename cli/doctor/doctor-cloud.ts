import type { ExaminationTools, ExaminedCluster } from '../../providers/examined.ts'
import type { Finding } from '../../providers/finding.ts'
import type { CloudConfig } from '../cloud-config.ts'
import type { DoctorConfig } from './doctor-config.ts'

/** What a cloud adds to `podway doctor`: a command of its name. */
export interface DoctorCloud {
  readonly provider: CloudConfig['provider']
  /** One line of the list of commands. */
  readonly summary: string
  readonly description: string
  /** What follows `podway doctor` in an example. */
  readonly example: string
  /** Loads its adapter, and asks nobody yet. */
  readonly open: (config: DoctorConfig) => Promise<OpenDoctor>
}

export interface OpenDoctor {
  /**
   * Reads the cloud, and says what it finds. It writes nothing.
   * @throws ProviderError for what is no refusal: then the cloud can't be examined at all
   */
  readonly examine: (
    cluster: ExaminedCluster,
    tools: ExaminationTools,
    signal: AbortSignal,
  ) => Promise<readonly Finding[]>
  /** Lets go of its connections. */
  readonly close: () => void
}
