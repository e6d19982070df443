import { describeKubernetesApi } from '../simulators/kubernetes/kubernetes-api.cases.ts'
import { describeControlPlane } from './describe-control-plane.ts'

await describeControlPlane('what the simulator claims to be', (cluster) => {
  describeKubernetesApi({
    name: 'kube-apiserver',
    start: () => {
      const { url, admin, compact } = cluster()
      return Promise.resolve({ url, token: admin.token, compact, stop: () => Promise.resolve() })
    },
  })
})
