// One file of its own in JavaScript, beside declarations of what is used: the SDK's own are 33 MB for the type checker.
// By subpath: the SDK's root loads every service of Compute Engine (https://github.com/googleapis/google-cloud-node/issues/8889).
export { GlobalOperationsClient } from '@google-cloud/compute/build/src/v1/global_operations_client.js'
export { InstancesClient } from '@google-cloud/compute/build/src/v1/instances_client.js'
export { NetworksClient } from '@google-cloud/compute/build/src/v1/networks_client.js'
export { ProjectsClient } from '@google-cloud/compute/build/src/v1/projects_client.js'
export { RoutersClient } from '@google-cloud/compute/build/src/v1/routers_client.js'
export { RoutesClient } from '@google-cloud/compute/build/src/v1/routes_client.js'
export { SubnetworksClient } from '@google-cloud/compute/build/src/v1/subnetworks_client.js'
export { ZoneOperationsClient } from '@google-cloud/compute/build/src/v1/zone_operations_client.js'
