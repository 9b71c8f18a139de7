import { within } from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { createQuorumAdmin } from '@brew/kafka/quorum';
import { createDatabase } from '@brew/postgres';
import { pino } from 'pino';
import type { Security } from '../clientConfig.ts';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { onOneLine } from '../text/visible.ts';
import type { ClusterStatus, ProcessStatus } from './renderStatus.ts';

// Of what has no health to tell. A process may be there, take connections and yet answer nothing: each is asked something that it can only
// answer when it works. That connections are closed is not waited for: half open, it takes them their time.

/** Who takes longer is shown as one that does not answer. Less than what a connection may take: then it is silence, whatever it is that is silent. */
const PATIENCE_MS = 2_500;

/** Asks for a sign of life; rejects with what is in the way of it. */
export type Ask = () => Promise<unknown>;

/** A node of Kafka, and no other. */
export const askNode = (port: number): Ask => askBroker(`localhost:${port}`);

/** The same of any cluster. @param security how it wants to be talked to */
export const askBroker =
  (broker: string, security: Security = {}): Ask =>
  () =>
    using(
      createInspector({ client: clientOf({ ...security, brokers: [broker] }, 'brew-status') }),
      (inspector) => inspector.ping(),
    );

export const askRegistry =
  (url: string): Ask =>
  async () => {
    const { ok, status } = await fetch(`${url}/subjects`);
    if (!ok) throw new Error(`it answers ${status}`);
  };

export const askPostgres =
  (url: string): Ask =>
  () =>
    using(
      createDatabase({ url, max: 1, applicationName: 'brew-status', log: pino({ level: 'silent' }) }),
      (database) => database.ping(),
    );

/** Running, when it gives a sign of life in time. */
export async function signOf(ask: Ask): Promise<Pick<ProcessStatus, 'state' | 'standsStill'>> {
  const asking = ask();
  if (!(await within(PATIENCE_MS, asking)))
    return { state: 'no_answer', standsStill: `no answer within ${PATIENCE_MS / 1_000} s` };
  return asking.then(
    () => ({ state: 'running' }),
    (error: Error) => ({ state: 'not_ready', standsStill: onOneLine(causeOf(error).message) }),
  );
}

/** What the network or the other side has said. */
const causeOf = (error: Error): Error => (error.cause instanceof Error ? causeOf(error.cause) : error);

/** What can only be told of Kafka as a whole; undefined when no broker tells in time. */
export async function clusterStatus(brokers: string[]): Promise<ClusterStatus | undefined> {
  const client = clientAt(brokers);
  const enough = new AbortController();
  const listing = using(createInspector({ client }), (inspector) => inspector.topics());
  // Its time counts from when a broker has been reached: one that is slow to answer says nothing about controllers.
  const describing = using(createQuorumAdmin({ client }), (admin) =>
    admin.describeQuorum({ timeoutMs: PATIENCE_MS, signal: enough.signal }),
  );
  describing.catch(() => {});
  try {
    const topics = await inPatience(listing);
    if (topics === undefined) return undefined;
    const partitions = topics.flatMap((topic) => topic.partitions);
    return {
      underReplicated: partitions.filter(({ inSync, replicas }) => inSync.length < replicas.length).length,
      leaderless: partitions.filter(({ leader }) => leader === undefined).length,
      hasController: await inPatience(describing.then((quorum) => quorum !== undefined)),
    };
  } finally {
    enough.abort();
  }
}

/** Undefined when there is no answer in time. */
async function inPatience<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  const answer = asking.catch(() => undefined);
  return (await within(PATIENCE_MS, answer)) ? answer : undefined;
}

async function using<Client extends AsyncDisposable, Answer>(
  client: Client,
  ask: (client: Client) => Promise<Answer>,
) {
  try {
    return await ask(client);
  } finally {
    client[Symbol.asyncDispose]().then(undefined, () => {});
  }
}

const clientAt = (brokers: ClusterAddress['brokers']) => clientOf({ brokers }, 'brew-status');
