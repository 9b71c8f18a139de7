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
  const { freePorts, startInfrastructure } = await import('../index.ts');
  const dir = await mkdtemp(join(tmpdir(), 'brew-test-'));
  try {
    const started = await startInfrastructure({ dir, ports: await freePorts() });
    process.env[variable] = JSON.stringify({
      brokers: started.brokers,
      registryUrl: started.registryUrl,
      postgresUrl: started.postgresUrl,
    });
    // globalTeardown runs in this same process; jest offers it no other way to get at what setup made.
    Object.assign(globalThis, {
      endTestInfrastructure: async () => {
        await started.stop();
        await rm(dir, { recursive: true, force: true });
      },
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}
