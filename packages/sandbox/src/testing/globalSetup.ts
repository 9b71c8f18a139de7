import { rm } from 'node:fs/promises';
import { ensureSchemas, insist } from '@brew/provision';
import { pino } from 'pino';
import { chooseProvider, type Provider } from './chooseProvider.ts';
import { type TestInfrastructure, variable } from './infrastructure.ts';
import { runVariable } from './runVariable.ts';
import { temporaryFolder } from './temporaryFolder.ts';

type Ending = TestInfrastructure & { end: () => Promise<void> };

/**
 * Starts one infrastructure for the whole run, on free ports, unless BREW_TEST_INFRASTRUCTURE already names one.
 * globalTeardown ends it.
 */
export default async function globalSetup(): Promise<void> {
  if (process.env[variable]) return;
  const { provider, why } = await chooseProvider(process.env);
  console.log(
    `\nIntegration tests run on ${provider === 'docker' ? 'containers' : 'child processes'}: ${why}. Starting them …`,
  );
  const { end, ...infrastructure } = await start[provider]();
  process.env[variable] = JSON.stringify(infrastructure);
  // globalTeardown runs in this same process; jest offers it no other way to get at what setup made.
  Object.assign(globalThis, { endTestInfrastructure: end });
  // Once, as in a system: the first of several files that would register the same at the same time may wait too long for a registry that is cold.
  await insist(
    () => ensureSchemas(infrastructure.registryUrl, pino({ level: 'silent' })),
    ({ message }) => console.log(`${message} Trying again …`),
  );
}

// Each is loaded only when needed: containers need neither Java nor Maven, and a running cluster needs nothing at all.
const start: Record<Provider, () => Promise<Ending>> = {
  async docker() {
    const [{ freePorts }, { startContainers }] = await Promise.all([
      import('../ports.ts'),
      import('../containers/startContainers.ts'),
    ]);
    const { stop, ...infrastructure } = await startContainers(await freePorts());
    return { ...infrastructure, end: stop };
  },

  async embedded() {
    const { freePorts, removeData, startInfrastructure } = await import('../index.ts');
    // When the start fails, this folder stays: its logs tell why.
    const dir = await temporaryFolder('brew-test');
    const { brokers, registryUrl, postgresUrl, stop } = await startInfrastructure({
      dir,
      ports: await freePorts(),
    });
    const end = async () => {
      await stop();
      // A run removes all of its files, or keeps them for what the logs tell.
      if (process.env[runVariable]) return;
      await removeData(dir);
      await rm(dir, { recursive: true });
    };
    return { brokers, registryUrl, postgresUrl, end };
  },
};
