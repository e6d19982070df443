import manifest from '../package.json' with { type: 'json' }

/** Of this build, as SemVer. */
export const version: string = manifest.version
