import { readRoutes } from './config.ts';
import { startGateway } from './gateway.ts';

const routes = readRoutes(process.env);
const gateway = await startGateway(routes);
console.log(`listening on ${gateway.ports.join(', ')}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void gateway[Symbol.asyncDispose]());
}
