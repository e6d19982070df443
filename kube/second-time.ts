/** metav1.Time: RFC 3339, whole seconds, UTC. @param ms since the epoch */
export const secondTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
