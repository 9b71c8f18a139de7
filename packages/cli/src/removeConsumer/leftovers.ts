import { setTimeout as delay } from 'node:timers/promises';
import { lookAtService, removeService } from '@brew/provision';
import { controlByHand, findRun, type Ports, superuserUrl } from '@brew/sandbox';
import { pino } from 'pino';
import { addressesOf } from '../addresses.ts';
import { StillRunningError } from '../errors.ts';
import type { ServiceEntry } from '../newConsumer/serviceList.ts';
import { brewDir } from '../paths.ts';

/** A process that has ended takes its sessions with it, as soon as PostgreSQL notices. */
const SESSIONS_GONE_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 100;

/** What a consumer has in a system that runs. */
export function leftovers(consumer: ServiceEntry, ports: Ports) {
  const { name } = consumer;
  const running = {
    brokers: addressesOf(ports).brokers,
    superuserUrl: superuserUrl(ports, process.env.POSTGRES_PASSWORD),
    log: pino({ level: 'silent' }),
  };

  return {
    /** How many records wait in its dead letters. */
    deadLetters: async () => (await lookAtService(consumer, running)).deadLetters,

    /**
     * Ends the instance that the system itself runs, and removes the database, the dead letters and the group.
     * @throws StillRunningError when there are other instances
     */
    async remove(): Promise<void> {
      await endOwnInstance(name);
      const deadline = Date.now() + SESSIONS_GONE_WITHIN_MS;
      while ((await lookAtService(consumer, running)).sessions > 0) {
        if (Date.now() >= deadline) {
          throw new StillRunningError(
            `${name} still runs: its database is in use.`,
            `End each npx brew dev ${name} with Ctrl-C (with Docker: docker compose rm --stop --force ${name}), then run this again.`,
          );
        }
        await delay(LOOK_EVERY_MS);
      }
      await removeService(consumer, running);
    },
  };
}

/** The instance of the system itself, if it has one: a new consumer comes with the next start. */
async function endOwnInstance(name: string): Promise<void> {
  const run = await findRun(brewDir());
  if (!run?.alive || !run.processes.some((process) => process.name === name)) return;
  await using control = await controlByHand(run.dir);
  await control.end(name);
}
