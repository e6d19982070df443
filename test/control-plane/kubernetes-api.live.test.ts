import { describeKubernetesApi } from '../simulators/kubernetes/kubernetes-api.cases.ts'
import { describeControlPlane } from './describe-control-plane.ts'

await describeControlPlane('what the simulator claims to be', (cluster) => {
  describeKubernetesApi({
    name: 'kube-apiserver',
    start: () =>
      Promise.resolve({
        url: cluster().url,
        token: cluster().admin.token,
        compact: () => cluster().compact(),
        stop: () => Promise.resolve(),
      }),
  })
})
