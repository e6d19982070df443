import type { Clock } from '../../kube/clock.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { Paint } from '../doctor/findings-report.ts'
import type { Output } from '../output.ts'
import type { Asker } from '../terminal/confirm.ts'
import type { Waits } from '../with-retries.ts'

/** What the command needs of the world. */
export interface MigrateParts {
  readonly kube: KubeClient
  /** Undefined where no cloud was named. */
  readonly provider: RouteProvider | undefined
  readonly output: Output
  readonly waits: Waits
  readonly clock: Pick<Clock, 'now'>
  readonly asker: Asker
  readonly paint: Paint
  readonly progress: (what: string) => void
}
