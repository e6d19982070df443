/** Apart from what they stand for: to read a flag must not load an SDK. */
export const credentialKinds = [
  'auto',
  'workload-identity',
  'managed-identity',
  'service-principal',
  'cli',
] as const

export type CredentialKind = (typeof credentialKinds)[number]
