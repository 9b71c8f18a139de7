import { expect, test } from '@jest/globals';
import { kindOf } from './cpu.ts';

test.each([
  [
    '/usr/lib/jvm/25/bin/java -Xmx256m -cp /cache/kafka/* kafka.Kafka /tmp/x/kafka-1.properties',
    'Kafka nodes',
  ],
  ['/bin/bash /etc/kafka/docker/run', 'Kafka nodes'],
  ['java -Xmx64m -cp /cache/kafka/* kafka.tools.StorageTool format', "Kafka's tools"],
  ['java -jar quarkus-run.jar', 'schema registry'],
  ['/x/native/bin/postgres -D /tmp/data -p 25000', 'PostgreSQL'],
  ['postgres: orders orders 127.0.0.1(4242) idle', 'PostgreSQL'],
  ['/x/.pnpm/node@24/node_modules/node/bin/node --max-old-space-size=192 src/main.ts', 'services'],
  ['/x/node_modules/node/bin/node /x/packages/cli/src/main.ts drill broker', 'brew commands'],
  ['/x/node --experimental-vm-modules node_modules/jest/bin/jest.js --selectProjects unit', 'Jest'],
  ['/x/node /x/node_modules/.pnpm/jest-worker@30.5.1/node_modules/jest-worker/build/processChild.js', 'Jest'],
  ['/x/typescript/lib/tsc --noEmit -p .', 'checks'],
  ['dockerd', 'Docker'],
  ['npm start', 'npm'],
  ['vi notes.txt', 'other'],
])('%s', (commandLine, kind) => expect(kindOf(commandLine)).toBe(kind));
