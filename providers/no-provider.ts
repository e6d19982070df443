import { ProviderError } from './errors.ts'
import type { RouteProvider } from './provider.ts'

/** For a program that writes no routes: it has no tables, and is not asked for anything else. */
export const noProvider: RouteProvider = {
  name: 'none',
  capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'change', max: 1 } },
  tables: () => Promise.resolve([]),
  list: () => Promise.reject(absent()),
  targets: () => Promise.reject(absent()),
  canonical: (route) => route,
  apply: () => Promise.reject(absent()),
}

const absent = (): ProviderError =>
  new ProviderError('fatal', 'a cloud was asked for, and none is configured', { code: 'NoProvider' })
