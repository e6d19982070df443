import { ProviderError } from '../../errors.ts'
import { type Finding, capital } from '../../finding.ts'
import { checkForwarding } from './check-forwarding.ts'
import { checkGroups } from './check-groups.ts'
import { checkNodes } from './check-nodes.ts'
import { checkOverlaps } from './check-overlaps.ts'
import { checkPermissions } from './check-permissions.ts'
import { checkRoom } from './check-room.ts'
import { checkRoutes } from './check-routes.ts'
import { checkSecurityGroups } from './check-security-groups.ts'
import { checkTables } from './check-tables.ts'
import { isCredentialProblem } from './credential-problem.ts'
import { found } from './finding-codes.ts'
import type { AzurePicture } from './picture.ts'
import { type SurveyRequest, type SurveyTools, survey } from './survey.ts'

/** Reads, and says what it finds. @throws ProviderError as {@link survey} does */
export async function examineAzure(
  request: SurveyRequest,
  tools: SurveyTools,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return check(await survey(request, tools, signal))
  } catch (error) {
    if (!(error instanceof ProviderError) || !isCredentialProblem(error)) throw error
    const object = { kind: 'cluster', name: request.clusterName }
    return [found('CredentialsRejected', { object, message: `${capital(error.message)}.` })]
  }
}

/** All that the picture shows, check by check. */
const check = (picture: AzurePicture): readonly Finding[] => [
  ...checkGroups(picture),
  ...checkPermissions(picture),
  ...checkNodes(picture),
  ...checkTables(picture),
  ...checkForwarding(picture),
  ...checkRoom(picture),
  ...checkOverlaps(picture),
  ...checkRoutes(picture),
  ...checkSecurityGroups(picture),
]
