import { findRun, removeData, stopRun } from '@brew/sandbox';
import { addressesOf, anyBrokerAnswers } from './addresses.ts';
import { confirm } from './confirm.ts';
import type { Io } from './io.ts';
import { brewDir } from './paths.ts';
import { duration } from './text/format.ts';

/** Stops what runs, in order or (`now`) at once; nothing to stop is no error. */
export async function stop(io: Io, { keepsData = true, now = false } = {}): Promise<void> {
  const dir = brewDir();
  const run = await findRun(dir);
  if (!run) {
    await io.out(`Brew is not running in ${dir}.`);
    if (await anyBrokerAnswers(addressesOf()))
      await io.out('Containers are stopped with: docker compose stop');
    return;
  }
  const startedAt = performance.now();
  await io.out(
    run.alive
      ? `Stopping Brew (process ${run.pid}): simulator, services, Kafka and the registry, PostgreSQL …`
      : `Ending what a killed Brew left behind: ${run.processes.map(({ name }) => name).join(', ')} …`,
  );
  await stopRun(dir, { now });
  const data = keepsData ? ` The data is kept in ${dir}.` : '';
  await io.out(`✔ stopped, after ${duration(performance.now() - startedAt)}.${data}`);
}

/** @returns whether it was done: a person may say no */
export async function down({ yes }: { yes?: boolean }, io: Io): Promise<boolean> {
  const dir = brewDir();
  // In a script, who would answer: `down` is asked for by name.
  if (!yes && (await confirm(`Remove all orders, topics and logs in ${dir}?`)) === false) {
    io.note('Nothing was removed.');
    return false;
  }
  if (await findRun(dir)) await stop(io, { keepsData: false });
  await removeData(dir);
  await io.out(`✔ The data in ${dir} is removed; downloads are kept.`);
  return true;
}
