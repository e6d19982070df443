/**
 * Whether an address that was released then still rests; all in seconds, times since the machine started. A time in the
 * future is one of an earlier boot.
 */
export const isResting = (since: number, uptime: number, cooldownSeconds: number): boolean =>
  since <= uptime && uptime - since < cooldownSeconds
