/** Where podway is, by its own manifests (`deploy/`). */
export const podwayNamespace = 'podway-system'
export const controllerLease = 'podway-controller'
/** The definitions without which it can't record what is its own. */
export const neededDefinitions = ['noderoutes.podway.dev', 'podnetworks.podway.dev'] as const
/** Of the agent's pods: `app.kubernetes.io/name`. */
export const agentName = 'podway-agent'
/** On Nodes that still have their predecessor's network, with its name as the value. */
export const predecessorLabel = 'podway.dev/predecessor'
