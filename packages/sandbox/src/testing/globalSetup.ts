import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variable } from './infrastructure.ts';

/**
 * Starts one infrastructure for the whole run, on free ports and in a folder of its own, unless
 * BREW_TEST_INFRASTRUCTURE already names one. globalTeardown ends it.
 */
export default async function globalSetup(): Promise<void> {
  if (process.env[variable]) return;
  // Loaded only when needed: against a running cluster the tests need neither Java nor Maven.
  const { freePorts, removeData, startInfrastructure } = await import('../index.ts');
  // When the start fails, this folder stays: its logs tell why.
  const dir = await mkdtemp(join(tmpdir(), 'brew-test-'));
  const { brokers, registryUrl, postgresUrl, stop } = await startInfrastructure({
    dir,
    ports: await freePorts(),
  });
  process.env[variable] = JSON.stringify({ brokers, registryUrl, postgresUrl });
  // globalTeardown runs in this same process; jest offers it no other way to get at what setup made.
  Object.assign(globalThis, {
    endTestInfrastructure: async () => {
      await stop();
      await removeData(dir);
      await rm(dir, { recursive: true });
    },
  });
}
