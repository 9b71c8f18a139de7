import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { readServiceList } from './listFiles.ts';
import { type NewConsumerOptions, planConsumer } from './plan.ts';
import { composeFile } from './renderCompose.ts';
import { renderConsumer } from './renderConsumer.ts';
import { listFile } from './serviceList.ts';
import { writeConsumer } from './writeConsumer.ts';

/**
 * Writes a new consumer into a checkout: a folder, a line in the list of services, and what compose makes of that list.
 * @throws ArgumentInvalidError before anything is written; whatever else it throws, nothing is left of it
 */
export async function newConsumer(
  name: string,
  options: NewConsumerOptions,
  root: string,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const { services, consumers, filesWith } = await readServiceList(root);
  const plan = planConsumer(name, options, [...services, ...consumers]);
  const folder = `services/${name}`;
  if (existsSync(join(root, folder))) {
    throw new ArgumentInvalidError(
      `There is a folder ${folder} already.`,
      'Take another name, or move it away.',
    );
  }

  const files = await renderConsumer(plan);
  const list = filesWith([...consumers, { name, folder, port: plan.port, database: name }]);
  if (!options.dryRun) await writeConsumer({ root, folder, files, list, signal });

  const mark = options.dryRun ? io.paint('dim', '·') : io.paint('green', '✔');
  for (const path of [...files.keys()].sort()) await io.out(`${mark} ${folder}/${path}`);
  await io.out(`${mark} ${listFile}: ${name}, on port ${plan.port}`);
  await io.out(`${mark} ${composeFile}, after that list`);
  await io.out('');
  if (options.dryRun) return io.out('Nothing was written.');
  await io.out(`npx brew dev ${name}   runs it beside the system that runs; npm start brings it, too`);
}
