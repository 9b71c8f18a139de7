import type { Backlog, Outbox } from '@brew/postgres';
import { gauge, type HttpMetrics } from '../metrics.ts';

const gauges: readonly [name: string, help: string, of: keyof Omit<Backlog, 'oldestId'>][] = [
  ['brew_outbox_rows', 'Events that wait in the outbox for the relay', 'rows'],
  ['brew_outbox_oldest_seconds', 'Age of the oldest of them', 'oldestSeconds'],
  ['brew_outbox_refused_rows', 'Events in the outbox that Kafka refuses', 'refused'],
  ['brew_outbox_refused_seconds', 'Age of the oldest of them', 'refusedSeconds'],
  ['brew_outbox_held_rows', 'Events in the outbox that wait behind a refused one of their key', 'held'],
];

/** The outbox in numbers: one look for all that are asked for at the same time. */
export function measureBacklog(metrics: HttpMetrics, outbox: Pick<Outbox, 'backlog'>): void {
  let looking: Promise<Backlog> | undefined;
  const look = () => {
    looking ??= outbox.backlog().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  for (const [name, help, of] of gauges) gauge(metrics, name, help, async () => (await look())[of]);
}
