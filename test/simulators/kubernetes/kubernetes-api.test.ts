import { serve } from '../http-server.ts'
import { describeKubernetesApi } from './kubernetes-api.cases.ts'
import { createKubernetesSimulator } from './kubernetes-simulator.ts'

describeKubernetesApi({
  name: 'simulator',
  start: async () => {
    const simulator = createKubernetesSimulator()
    const server = await serve(simulator)
    return {
      url: server.url,
      compact: () => {
        simulator.compact()
        return Promise.resolve()
      },
      stop: async () => {
        simulator.close()
        await server.close()
      },
    }
  },
})
