import type { Library } from '../client.ts';
import { createPipeline } from '../pipeline.ts';
import { clientOf, log } from './kafka.ts';
import { createNetwork } from './network.ts';

/** Copies a topic until it is killed. Argument: JSON of CopyOptions. */
export interface CopyOptions {
  library: Library;
  group: string;
  source: string;
  target: string;
  /**
   * Freezes when an answer to such a request has come as often as that: the broker has done what was asked, and this process will
   * never know.
   */
  freezeAt: { apiKey: number; answer: number };
}

const { library, group, source, target, freezeAt } = JSON.parse(process.argv[2] ?? '{}') as CopyOptions;
const network = createNetwork();
let answers = 0;
network.losesAnswer = (apiKey) => {
  if (apiKey === freezeAt.apiKey && ++answers === freezeAt.answer) {
    process.stdout.write('frozen\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  return false;
};
const pipeline = createPipeline({
  client: clientOf(network.via, { library }),
  group,
  topics: [source],
  process: ({ key, value, headers }) => [{ topic: target, key, value, headers }],
  maxRecords: 20,
  log,
});
await pipeline.run({ signal: new AbortController().signal });
