/**
 * A moment as Kubernetes' `MicroTime` has it: RFC 3339 in UTC with exactly six digits behind the point. A Date's own text
 * has three, and the API server refuses every Lease and Event with it (https://github.com/kubernetes/kubernetes/pull/141204,
 * https://github.com/kubernetes-client/javascript/issues/828).
 *
 * @param ms milliseconds since the epoch, of the years 0 to 9999
 */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z')
