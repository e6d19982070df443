import { describeKubernetesApi } from './kubernetes-api.cases.ts'
describeKubernetesApi({
  name: 'real',
  start: () =>
    Promise.resolve({ url: 'https://127.0.0.1:36443', token: 'admintoken', stop: () => Promise.resolve() }),
})
