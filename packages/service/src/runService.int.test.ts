import { OrderPlaced } from '@brew/events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServiceRig, type ServiceRig } from './testing/serviceRig.ts';
import { type SpawnedMain, spawnMain } from './testing/spawnMain.ts';

const spawned: SpawnedMain[] = [];
let rig: ServiceRig;
let topic: string;

beforeAll(async () => {
  rig = await createServiceRig('create table nothing ()');
  const type = rig.here(OrderPlaced);
  topic = type.topic.name;
  await rig.createTopics([type]);
});
afterEach(() => {
  for (const { child } of spawned.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rig.stop());

/** Runs a service as its own process. */
function run(changed: Record<string, string> = {}): SpawnedMain {
  const example = { EXAMPLE_NAME: rig.name, EXAMPLE_MIGRATIONS: rig.migrations.href, EXAMPLE_TOPIC: topic };
  const process = spawnMain(new URL('testing/exampleMain.ts', import.meta.url), {
    ...rig.env,
    LOG_LEVEL: 'info',
    ...example,
    ...changed,
  });
  spawned.push(process);
  return process;
}

describe('the process of a service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 at a %s, when all of it has stopped',
    async (signal) => {
      const { child, exited, line } = run();
      await line('listening');
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(await line('stopped')).toMatchObject({ level: 'info' });
    },
  );

  it('ends at a second signal, without waiting for what does not stop', async () => {
    const { child, exited, line } = run({ EXAMPLE_STUBBORN: 'yes' });
    await line('listening');
    child.kill('SIGTERM');
    await line('stopping');
    child.kill('SIGTERM');
    expect(await exited).toBe(143);
  });

  it('ends with 0 when it is stopped while it waits for what it needs', async () => {
    const { child, exited, line } = run({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
    await line('waiting for PostgreSQL');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  it('ends with 78 and sentences, not a stack trace, when its environment is wrong', async () => {
    const { exited, errors } = run({ DATABASE_URL: '', LOG_LEVEL: 'loud' });
    expect(await exited).toBe(78);
    expect(errors()).toContain("example can't start with this environment");
    expect(errors()).toContain('DATABASE_URL: is not set');
    expect(errors()).toContain('LOG_LEVEL:');
    expect(errors()).not.toMatch(/\n\s+at /);
  });

  it('ends with 1 and says why when it can not ever start', async () => {
    const { exited, line } = run({ EXAMPLE_MIGRATIONS: 'file:///nowhere/' });
    expect(await line('could not start')).toMatchObject({
      level: 'fatal',
      err: { message: expect.stringContaining('nowhere') },
    });
    expect(await exited).toBe(1);
  });

  it('logs a rejection that nobody handled and ends with 1', async () => {
    const { exited, line, listening } = run();
    const url = await listening();
    await fetch(`${url}/forget`, { method: 'POST' }).catch(() => {});
    expect(await line('unhandledRejection')).toMatchObject({
      level: 'fatal',
      err: { message: 'nobody cares' },
    });
    expect(await exited).toBe(1);
  });
});
