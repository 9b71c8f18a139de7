import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '@brew/sandbox';
import { confirm } from '../confirm.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { format } from '../newConsumer/format.ts';
import { readServiceList, type ServiceList } from '../newConsumer/listFiles.ts';
import { listFile, type ServiceEntry } from '../newConsumer/serviceList.ts';
import { suggestion } from '../text/nearest.ts';
import { leftovers } from './leftovers.ts';
import { uncommittedFiles } from './uncommittedFiles.ts';

export interface Where {
  /** The root of the checkout. */
  root: string;
  /** Of a system that runs. */
  ports: Ports | undefined;
}

/**
 * Removes a consumer: its folder, its line in the list and, from a system that runs, its database, its dead letters and its
 * group's offsets. Only what `brew new consumer` made; who could lose something has to say so.
 *
 * @returns whether it was done: a person may say no
 * @throws ArgumentInvalidError, StillRunningError: then nothing was removed
 */
export async function removeConsumer(
  name: string,
  { yes }: { yes?: boolean },
  { root, ports }: Where,
  io: Io,
): Promise<boolean> {
  const list = await readServiceList(root);
  const consumer = consumerNamed(name, list);
  const { folder } = consumer;
  const system = ports && leftovers(consumer, ports);

  if (!yes) {
    const files = (await uncommittedFiles(root, folder)).length;
    const letters = (await system?.deadLetters()) ?? 0;
    const losses = [
      ...(files > 0 ? [`${files} files of ${folder} that are in no commit`] : []),
      ...(letters > 0 ? [`${letters} records in ${name}.dlq`] : []),
    ].join(', and ');
    if (!(await mayRemove(consumer, losses, io))) return false;
  }

  await system?.remove();
  for (const [path, text] of list.filesWith(list.consumers.filter((other) => other !== consumer))) {
    await writeFile(join(root, path), text);
  }
  await format(root, [listFile]);
  await rm(join(root, folder), { recursive: true, force: true });

  const mark = io.paint('green', '✔');
  await io.out(`${mark} ${folder} and its line in the list of services are removed.`);
  if (system) {
    await io.out(
      `${mark} Of the running system: database ${name}, ${name}.dlq, the offsets of group ${name}.`,
    );
  } else {
    await io.out(
      `Brew does not run, so its data keep database ${name}, ${name}.dlq and the offsets of group ${name}: a new consumer ${name} would go on with them. npx brew down removes all data.`,
    );
  }
  return true;
}

function consumerNamed(name: string, { services, consumers }: ServiceList): ServiceEntry {
  const found = consumers.find((consumer) => consumer.name === name);
  if (found) return found;
  if (services.some((service) => service.name === name)) {
    throw new ArgumentInvalidError(
      `${name} is one of the services that Brew is made of.`,
      'Only what npx brew new consumer made is removed by this.',
    );
  }
  const names = consumers.map((consumer) => consumer.name);
  const otherwise = names.length > 0 ? `There are: ${names.join(', ')}.` : 'There are none to remove.';
  throw new ArgumentInvalidError(`There is no consumer ${name}.`, suggestion(name, names, otherwise));
}

/** Without a terminal nobody can be asked: it goes on if nothing is lost. */
async function mayRemove({ name, folder }: ServiceEntry, losses: string, io: Io): Promise<boolean> {
  const warning = losses === '' ? '' : ` Lost are ${losses}.`;
  const sure = await confirm(`Remove ${folder}, and what ${name} has in Kafka and PostgreSQL?${warning}`);
  if (sure === undefined && losses !== '') {
    throw new ArgumentInvalidError(`Lost would be ${losses}.`, `Add --yes to remove ${name} all the same.`);
  }
  if (sure === false) io.note('Nothing was removed.');
  return sure ?? true;
}
