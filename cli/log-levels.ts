/** Of pino, from the most talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
