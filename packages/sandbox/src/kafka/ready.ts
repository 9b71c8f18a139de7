import { connect } from 'node:net';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import type { Logger } from 'pino';
import { poll } from '../poll.ts';

/** Resolves when something accepts connections on a port of this machine. */
export async function brokerAnswers(
  port: number,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve()).once('error', reject);
      socket.once('connect', () => socket.destroy());
    });
  await poll(once, { timeoutMs, signal });
}

/** An election takes some seconds on a busy machine. A partition that has lost all its replicas is not to hold up the others for ever. */
const LEADERS_MS = 30_000;

/**
 * Resolves when as many brokers as there are addresses are registered, and every partition has a leader. A broker registers
 * with the active controller and is shown to clients once it has caught up with the metadata log, so by then the quorum
 * has a leader and every node follows it.
 */
export async function quorumStands(
  brokers: string[],
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<void> {
  await using admin = createAdmin({
    client: createKafkaClient({ brokers, clientId: 'brew-sandbox', log }),
    log,
  });
  await admin.waitForBrokers(brokers.length, signal);
  // It fails as long as any of them has none.
  await poll(() => admin.describeTopics(), { timeoutMs: LEADERS_MS, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    log.warn({ err: error }, 'partitions have no leader');
  });
}
