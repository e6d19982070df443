import type { ExportedRoute, Standing } from '../exported-route.ts'

const words: Readonly<Record<Standing, string>> = {
  owned: 'podway made it, and has a record of it',
  foreign: 'it is there, and podway did not make it',
  missing: 'it was not there yet',
  disputed: 'what is there leads elsewhere, and podway did not make it',
}

/** Why the route is in the file. */
export const commentOn = ({ node, standing }: ExportedRoute): string =>
  `To the pods of node ${node}; ${words[standing]}.`
