/** The cluster's name, by which podway finds and marks what is its own. */
export const clusterName = 'demo'
