import type { Addresses } from '../addresses.ts';
import { agreed } from '../agreed.ts';
import type { Io } from '../io.ts';
import { requestAsStaff } from '../request.ts';
import { counted, titledTable } from '../text/format.ts';

export interface EraseOptions {
  address?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** Who keeps names: order-service for the customer, the kitchen for the cup. */
const keepers = ['order', 'kitchen'] as const;

interface Found {
  service: string;
  erased: number;
  underWay: number;
}

/**
 * Forgets a customer in every service that knows names.
 * @param arrears what may bring the name back, a sentence each
 * @returns whether it was done for good, or nothing was to be done: a person may say no
 * @throws RequestFailedError when a service does not answer; what was forgotten stays so, and doing it again is safe
 */
export async function erase(
  name: string,
  { address, dryRun, yes, json }: EraseOptions,
  { services }: Pick<Addresses, 'services'>,
  arrears: () => Promise<string[]>,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const ask = async (service: (typeof keepers)[number], counting: boolean): Promise<Found> => {
    const response = await requestAsStaff(`${services[service]}/erasures`, {
      method: 'POST',
      body: { name, ...(address !== undefined && { address }), dryRun: counting },
      signal,
    });
    return { service, ...((await response.json()) as Omit<Found, 'service'>) };
  };
  // First: what is read between the one and the other is found.
  const open = await arrears();
  const tellOpen = () => {
    for (const sentence of open) io.note(sentence);
    return open.length === 0;
  };
  // All are asked before any forgets: one that is away is better known now.
  const found = await Promise.all(keepers.map((service) => ask(service, true)));
  const total = found.reduce((sum, { erased }) => sum + erased, 0);
  if (dryRun || total === 0) {
    await report(found, io, json);
    if (!json)
      await io.out(total === 0 ? nothingFound(name, found) : 'Nothing was changed: it is a dry run.');
    return tellOpen();
  }
  if (!json) await report(found, io, json);
  const question = json ? undefined : `Forget ${name} in ${counted(total, 'row')}, for good?`;
  const advice = 'Add --yes, or see with --dry-run.';
  if (!(await agreed({ yes, question, advice, nothing: 'Nothing was changed.' }, io))) return false;
  const done: Found[] = [];
  for (const service of keepers) done.push(await ask(service, false));
  if (json) await report(done, io, json);
  else {
    const rows = done.reduce((sum, { erased }) => sum + erased, 0);
    await io.out(
      open.length === 0
        ? `✔ ${name} is forgotten in ${counted(rows, 'row')}. What topics hold goes with their retention.`
        : `${name} is forgotten in ${counted(rows, 'row')} so far.`,
    );
    const underWay = mostUnderWay(done);
    if (underWay > 0)
      io.note(`${counted(underWay, 'order')} under way keep the name: erase once more when they have ended.`);
  }
  return tellOpen();
}

async function report(found: readonly Found[], io: Io, json: boolean | undefined): Promise<void> {
  if (json) return await io.out(JSON.stringify(found, null, 2));
  const rows = found.map(({ service, erased, underWay }) => [service, `${erased}`, `${underWay}`]);
  for (const line of titledTable(['SERVICE', 'OVER', 'UNDER WAY'], rows, {
    paint: io.paint,
    numeric: [1, 2],
  }))
    await io.out(line);
}

function nothingFound(name: string, found: readonly Found[]): string {
  return mostUnderWay(found) > 0
    ? `${name} has only orders under way: erase once more when they have ended.`
    : `No order has a customer of exactly this name: ${name}.`;
}

/** Services may have heard of more or fewer ends. */
const mostUnderWay = (found: readonly Found[]): number => Math.max(...found.map(({ underWay }) => underWay));
