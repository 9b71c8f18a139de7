import { setTimeout as delay } from 'node:timers/promises';
import { createNetwork, type Network, readAll } from '@brew/kafka/testing';
import { accusationIn } from './accusation.ts';
import { type Actor, startActor } from './actor.ts';
import type { Cluster } from './cluster.ts';
import { createLedger, idOf, type Ledger, type Readers } from './ledger.ts';
import type { Scenario } from './scenario.ts';
import type { Command, Line, Task, Work } from './subject/task.ts';
import type { Subject } from './subjects.ts';
import type { Counts, SentRecord } from './verdict.ts';
import { watchCommits } from './watchCommits.ts';

/** Where one subject plays one scenario, and what is seen of that. */
export interface Stage extends Pick<Ledger, 'send' | 'strike'> {
  readonly subject: Subject;
  readonly topic: string;
  readonly group: string;
  readonly brokers: readonly string[];
  /** What its processes call themselves, for quotas. */
  readonly clientId: string;
  /** Between the brokers and those of the subject's processes that are started with `faulty`. */
  readonly network: Network;
  /** The members of the group, and what they have handled. */
  readonly members: Readers;
  /** How often a round was acknowledged. */
  readonly rounds: number;
  /** What its processes have said. */
  readonly told: readonly string[];
  /**
   * Starts to write numbered records to the topic, or to another one. @returns when it is ready to
   * @param options.prefix what the keys begin with: another one than others have
   */
  produce(options?: { topic?: string; prefix?: string; faulty?: boolean }): Promise<Actor>;
  /** Starts a member of the group, which may take its time to become one. */
  join(options?: { workMs?: number; sessionTimeoutMs?: number; faulty?: boolean }): Actor;
  /** Starts what reads as nobody's member, and is judged as well. */
  read(): Actor;
  /** Starts what copies another topic into the one that the members read. */
  pipe(from: string): Actor;
  /** Deletes the topic with all that is in it, and makes it anew after so many milliseconds: whatever was sent so far is to be read no more. */
  remake(afterMs: number): Promise<void>;
  /** Tells all its processes something. */
  order(command: Command): void;
  /** Ends all members. */
  leave(): Promise<void>;
  /** What makes its cell red, whatever the counts say. */
  accuse(what: string): void;
  /**
   * Ends the producers, and waits until all is read that was acknowledged.
   * @param patienceMs for how long nothing may be read before nothing more is expected, in milliseconds
   */
  settle(patienceMs?: number): Promise<void>;
  /** Ends everything and judges. Once: whoever asks again gets the same. */
  close(): Promise<Result>;
}

export interface Result extends Counts {
  /** Its name. */
  scenario: string;
  subject: Subject;
  /** CPU time of all its processes from when they were ready, for a million records that were read, in seconds. */
  cpuSecondsPerMillion: number;
  /** What is wrong beside the counts. */
  accusations: string[];
  told: string[];
}

/** What a subject sends: so many keys, each with one more record after so many milliseconds. */
const KEYS = 120;
const PAUSE_MS = 100;
/** A process that hangs is ended. */
const END_MS = 30_000;
/** Whoever gets on so slowly that it takes that much longer is not waited for either. */
const SLOW_MS = 60_000;
const PATIENCE_MS = 40_000;
/** Nothing comes later than that behind the last one. */
const LATE_MS = 1_000;

export interface StageOptions {
  scenario: Pick<Scenario, 'name' | 'exactlyOnce' | 'deletes'>;
  subject: Subject;
  cluster: Cluster;
  topic: string;
  /** Of the topic. */
  partitions: number;
  group: string;
  /** The folder for what the processes write to their standard error. */
  logs: string;
}

export async function createStage({
  scenario,
  subject,
  cluster,
  topic,
  partitions,
  group,
  logs,
}: StageOptions): Promise<Stage> {
  const { brokers } = cluster;
  const clientId = `judged-${subject.name}`;
  const network = createNetwork();
  const via = await proxiesOf(network, brokers);
  const ledger = createLedger();
  const members = ledger.addReaders();
  let alone: Readers | undefined;
  const actors: Actor[] = [];
  const accusations = new Set<string>();
  const over = new AbortController();
  let isWatched = false;
  const told: string[] = [];
  let rounds = 0;
  let closed: Promise<Result> | undefined;

  function act(work: Work, faulty: boolean | undefined, onLine: (line: Line, by: string) => void): Actor {
    const name = `${topic}.${work.role}-${actors.length}`;
    const task: Task = {
      ...{ client: subject.name, brokers, clientId, via: faulty ? via : {} },
      work,
    };
    const actor = startActor(name, task, {
      logs,
      onLine(line) {
        if ('told' in line) told.push(line.told);
        if ('alarm' in line) told.push(line.alarm);
        const accusation = accusationIn(line, subject, scenario);
        if (accusation) accuse(accusation);
        onLine(line, name);
      },
    });
    actors.push(actor);
    return actor;
  }

  /** Those of a role, or all, in order if they can. */
  async function end(role?: Work['role']): Promise<void> {
    const those = actors.filter((actor) => !actor.hasEnded && (role ?? actor.role) === actor.role);
    await Promise.all(those.map((actor) => actor.end(END_MS)));
  }

  const accuse = (what: string) => void accusations.add(what);

  const noteIn = (readers: Readers) => (line: Line, by: string) => {
    if ('ready' in line) readers.begin(line.at);
    if (!('did' in line)) return;
    readers.note(
      line.did.map(([partition, offset, key, number]) => {
        return { partition, offset, key, number, at: line.at, by };
      }),
    );
  };

  /** Whose fault it is: what is not in the topic was acknowledged for nothing. */
  async function whereAre(lost: readonly SentRecord[]): Promise<string> {
    const there = new Set((await readAll(cluster.client, [topic])).map(idOfRecord));
    const gone = lost.filter((record) => !there.has(idOf(record))).length;
    return `of ${lost.length} lost (${lost.slice(0, 3).map(idOf).join(', ')} …), ${gone} are not in the topic`;
  }

  return {
    subject,
    topic,
    group,
    brokers,
    clientId,
    network,
    members,
    told,
    send: ledger.send,
    strike: ledger.strike,
    get rounds() {
      return rounds;
    },
    async produce({ topic: to = topic, prefix = 'k', faulty } = {}) {
      const round = (number: number) =>
        Array.from({ length: KEYS }, (_, i) => ({ key: `${prefix}${i}`, number }));
      const actor = act(
        { role: 'produce', topic: to, prefix, keys: KEYS, pauseMs: PAUSE_MS },
        faulty,
        (line) => {
          if ('sent' in line) ledger.send(round(line.sent).map((id) => ({ ...id, at: line.at })));
          if ('acked' in line) {
            rounds++;
            ledger.acknowledge(round(line.acked), line.at);
          }
          if ('refused' in line) {
            ledger.refuse(round(line.refused), line.at);
            told.push(`not sent: ${line.why}`);
          }
        },
      );
      await actor.ready;
      return actor;
    },
    join({ workMs = 0, sessionTimeoutMs, faulty } = {}) {
      if (!isWatched)
        void watchCommits(() => cluster.committed(group, topic), { accuse, until: over.signal });
      isWatched = true;
      return act(
        { role: 'consume', topic, group, workMs, ...(sessionTimeoutMs && { sessionTimeoutMs }) },
        faulty,
        noteIn(members),
      );
    },
    read() {
      alone ??= ledger.addReaders();
      return act({ role: 'read', topic }, false, noteIn(alone));
    },
    pipe: (from) => act({ role: 'pipe', from, to: topic, group: `${group}.pipe` }, false, () => {}),
    async remake(afterMs) {
      // The group's offsets go with the topic, and begin anew.
      over.abort();
      ledger.strikeAll();
      await cluster.removeTopic(topic);
      await delay(afterMs);
      await cluster.makeTopic(topic, partitions);
    },
    order(command) {
      for (const actor of actors) actor.order(command);
    },
    leave: () => end('consume'),
    accuse,

    async settle(patienceMs = PATIENCE_MS) {
      await end('produce');
      const missing = () => members.missing + (alone?.missing ?? 0);
      let last = { missing: missing(), at: performance.now() };
      const begun = performance.now();
      while (last.missing > 0 && performance.now() - last.at < patienceMs) {
        if (performance.now() - begun > patienceMs + SLOW_MS) {
          accuse(`was still at it, long after the last one was sent`);
          return;
        }
        await delay(100);
        if (missing() !== last.missing) last = { missing: missing(), at: performance.now() };
      }
    },

    close() {
      closed ??= judgeAll();
      return closed;
    },
  };

  async function judgeAll(): Promise<Result> {
    await delay(LATE_MS);
    const until = Date.now();
    await end();
    over.abort();
    await network.stop();
    for (const { role, failure } of actors) if (failure) accuse(`${role}: ${failure}`);
    const { lostRecords, ...counts } = members.judge(until);
    if (lostRecords.length > 0) told.push(await whereAre(lostRecords));
    if (scenario.exactlyOnce && members.copies > 0) accuse(`${members.copies} are there more than once`);
    const ofReader = alone?.judge(until);
    // What stands in the topic twice is no fault of its reader's.
    const repeated = alone?.rereads ?? 0;
    if (ofReader && ofReader.lost + repeated + ofReader.outOfOrder > 0) {
      const { lost, outOfOrder } = ofReader;
      accuse(`its reader lost ${lost}, repeated ${repeated}, and got ${outOfOrder} out of order`);
    }
    const cpuMs = actors.reduce((sum, actor) => sum + actor.cpuMs, 0);
    const handled = counts.read + (ofReader?.read ?? 0);
    return {
      ...{ scenario: scenario.name, subject, accusations: [...accusations], told, ...counts },
      cpuSecondsPerMillion: (cpuMs / 1_000 / Math.max(1, handled)) * 1_000_000,
    };
  }
}

async function proxiesOf(network: Network, brokers: readonly string[]): Promise<Record<string, string>> {
  const entries = brokers.map(async (address) => {
    const [host = '', port] = address.split(':');
    const to = await network.via({ host, port: Number(port) });
    return [address, `${to.host}:${to.port}`];
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

const idOfRecord = ({ key, value }: { key: string | null; value: Buffer | null }) =>
  idOf({ key: key ?? '', number: Number.parseInt(String(value), 10) });
