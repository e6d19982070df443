/** What the parts of the bench, each in a process of its own, call things. */
export const region = 'us-east-1'
export const clusterName = 'bench'
/** Tells the controller's calls from those of others. */
export const controllerKey = 'AKIDCONTROLLER'
