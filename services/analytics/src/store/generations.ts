import { readFile } from 'node:fs/promises';
import type { Tx } from '@brew/postgres';
import type { Position } from '../build/positions.ts';

/** A position as it is stored. */
export interface StoredPosition extends Position {
  /** Where the log ended when it was found to be shorter than the position: what came there since was never read. */
  logEnded?: bigint;
}

import type { Projection } from '../projections/projection.ts';

/** A set of tables of a projection, with the positions that they were read up to. */
export interface Generation {
  projection: string;
  number: number;
  /** Of the code that it is made by. */
  version: number;
  /** `live` is what reports show, one for each projection; `old` was it before; `building` may become it. */
  state: 'building' | 'live' | 'old';
  /** Live, but live events are not read into it yet: first it is brought up to the others. */
  behind: boolean;
  beganAt: Date;
  /** The first hour that was built from the topics: what was before is that of the generation that was live. Null: all was built. */
  builtSince: Date | null;
  /** False: what was before `builtSince` is still to be carried over. */
  whole: boolean;
  /** What was counted before it is known in sum, and not by the hour. Null: there is no such thing. */
  hoursSince: Date | null;
  /** What is known of each order at hand, as it is stored: `NAME:TYPE`. */
  columns: string[];
  /** Where its tables are. */
  schema: string;
}

const schemaOf = (projection: string, number: number) => `${projection}_g${number}`;

const COLUMNS = `projection, number, version, state, behind, began_at as "beganAt", built_since as "builtSince", whole,
  hours_since as "hoursSince", columns`;

/** All there are, of all projections, the oldest first. */
export async function listGenerations(db: Tx): Promise<Generation[]> {
  const { rows } = await db.query<Omit<Generation, 'schema'>>(
    `select ${COLUMNS} from generations order by projection, number`,
  );
  return rows.map((row) => ({ ...row, schema: schemaOf(row.projection, row.number) }));
}

/**
 * Makes the next generation of a projection, with empty tables. To be called with the replays' lock.
 * @param builtSince see Generation; null: it is whole with what is built
 */
export async function createGeneration(
  tx: Tx,
  { name, version, tables, columns }: Projection,
  builtSince: Date | null = null,
): Promise<Generation> {
  const { rows } = await tx.query<Omit<Generation, 'schema'>>(
    `insert into generations (projection, number, version, state, built_since, whole, columns)
     select $1, coalesce(max(number), 0) + 1, $2, 'building', $3::timestamptz, $3::timestamptz is null, $4
     from generations where projection = $1
     returning ${COLUMNS}`,
    [name, version, builtSince, Object.entries(columns).map(([column, type]) => `${column}:${type}`)],
  );
  const row = rows[0] as Omit<Generation, 'schema'>;
  const schema = schemaOf(name, row.number);
  await tx.query(`create schema ${schema}`);
  await tx.query(`set local search_path to ${schema}; ${OWN_TABLES} ${await readFile(tables, 'utf8')}`);
  await tx.query('set local search_path to default');
  return { ...row, schema };
}

/** What the tables of every generation go with. */
const OWN_TABLES = `
  create table positions (
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    log_ended bigint, -- where the log ended when it was found to be shorter than that
    primary key (topic, partition)
  );
  -- What is known of the orders at hand: each row adds to those before it, and replaces what they say of an order.
  create table orders_at_hand (
    number bigint generated always as identity primary key,
    ended integer not null, -- how many of them have ended: the first ones
    ids bytea not null, -- each with its length in the first byte
    columns bytea not null -- of the projection, each with its length in the first four bytes
  );
  -- Orders under way that are not at hand, since so many others are.
  create table orders_waiting (
    id text primary key,
    columns bytea not null -- as above, of this order alone
  );
  -- It changes too often to be worth compressing.
  alter table orders_at_hand alter column ids set storage external, alter column columns set storage external;
`;

/** What reports don't read. */
const isOwn = (table: string) => ['positions', 'orders_at_hand', 'orders_waiting'].includes(table);

/** Makes generations live, and those that were it old: the views that reports read show them from the commit on. */
export async function makeLive(tx: Tx, generations: readonly Generation[]): Promise<void> {
  for (const { projection, number, schema } of generations) {
    await tx.query(`update generations set state = 'old' where projection = $1 and state = 'live'`, [
      projection,
    ]);
    await tx.query(`update generations set state = 'live' where projection = $1 and number = $2`, [
      projection,
      number,
    ]);
    const views = await tablesIn(tx, { schema });
    await tx.query(`create schema if not exists ${projection}`);
    for (const view of await tablesOf(tx, projection)) await tx.query(`drop view ${projection}.${view}`);
    for (const view of views) {
      await tx.query(`create view ${projection}.${view} as select * from ${schema}.${view}`);
    }
  }
}

/** Whether live generations have to be brought up to the others before live events are read into them. */
export async function setBehind(tx: Tx, generations: readonly Generation[], behind: boolean): Promise<void> {
  for (const { projection, number } of generations) {
    await tx.query('update generations set behind = $3 where projection = $1 and number = $2', [
      projection,
      number,
      behind,
    ]);
  }
}

/** The tables that a projection has filled. */
export const tablesIn = async (tx: Tx, { schema }: Pick<Generation, 'schema'>): Promise<string[]> =>
  (await tablesOf(tx, schema)).filter((table) => !isOwn(table));

/** Tables and views of a schema, in alphabetical order. */
async function tablesOf(tx: Tx, schema: string): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>(
    'select table_name as name from information_schema.tables where table_schema = $1 order by 1',
    [schema],
  );
  return rows.map(({ name }) => name);
}

/** The columns of a table, in alphabetical order. */
export async function columnsIn(
  tx: Tx,
  { schema }: Pick<Generation, 'schema'>,
  table: string,
): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>(
    'select column_name as name from information_schema.columns where table_schema = $1 and table_name = $2 order by 1',
    [schema, table],
  );
  return rows.map(({ name }) => name);
}

export async function dropGeneration(tx: Tx, { projection, number, schema }: Generation): Promise<void> {
  await tx.query('delete from generations where projection = $1 and number = $2', [projection, number]);
  await tx.query(`drop schema ${schema} cascade`);
}

/** How far generations have been read, by schema: all of them at the same moment. */
export async function positionsOf(
  tx: Tx,
  generations: readonly Pick<Generation, 'schema'>[],
): Promise<Map<string, StoredPosition[]>> {
  if (generations.length === 0) return new Map();
  const each = generations.map(
    ({ schema }) =>
      `select '${schema}' as schema, topic, partition, next_offset as offset, log_ended as "logEnded" from ${schema}.positions`,
  );
  // One statement: between two of them, live events may be read into all generations.
  const { rows } = await tx.query<{
    schema: string;
    topic: string;
    partition: number;
    offset: string;
    logEnded: string | null;
  }>(`${each.join(' union all ')} order by schema, topic, partition`);
  const found = new Map<string, StoredPosition[]>(generations.map(({ schema }) => [schema, []]));
  for (const { schema, topic, partition, offset, logEnded } of rows) {
    const at = { topic, partition, offset: BigInt(offset) };
    found.get(schema)?.push(logEnded === null ? at : { ...at, logEnded: BigInt(logEnded) });
  }
  return found;
}

/**
 * Says where a generation without positions begins.
 * @param topicIds of the topics that the positions are of, asked for before these: so a topic that is made anew in between is noticed
 */
export async function beginAt(
  tx: Tx,
  { projection, number, schema }: Pick<Generation, 'projection' | 'number' | 'schema'>,
  positions: readonly Position[],
  topicIds: ReadonlyMap<string, string>,
): Promise<void> {
  // One statement: there are never positions of which nobody knows the topics.
  await tx.query(
    `with topics as (
       insert into generation_topics (projection, number, topic, topic_id)
       select $4, $5, * from unnest($6::text[], $7::uuid[]) on conflict do nothing
     )
     insert into ${schema}.positions (topic, partition, next_offset) select * from unnest($1::text[], $2::int[], $3::bigint[])
     on conflict do nothing`,
    [
      positions.map(({ topic }) => topic),
      positions.map(({ partition }) => partition),
      positions.map(({ offset }) => String(offset)),
      ...[projection, number, [...topicIds.keys()], [...topicIds.values()]],
    ],
  );
}

/** Puts down where logs end that are shorter than the positions of a generation: for good, since they will grow. */
export async function noteShorterLogs(
  tx: Tx,
  { schema }: Pick<Generation, 'schema'>,
  ends: readonly Position[],
): Promise<void> {
  await tx.query(
    `update ${schema}.positions as stored set log_ended = least(log_ended, log_end)
     from unnest($1::text[], $2::int[], $3::bigint[]) as log (topic, partition, log_end)
     where stored.topic = log.topic and stored.partition = log.partition
       and coalesce(log_ended, next_offset) > log_end`,
    [
      ends.map(({ topic }) => topic),
      ends.map(({ partition }) => partition),
      ends.map(({ offset }) => String(offset)),
    ],
  );
}

/** The ids of the topics that the positions of a generation are of, as far as they were put down. */
export async function topicIdsIn(
  tx: Tx,
  { projection, number }: Pick<Generation, 'projection' | 'number'>,
): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ topic: string; topicId: string }>(
    'select topic, topic_id as "topicId" from generation_topics where projection = $1 and number = $2',
    [projection, number],
  );
  return new Map(rows.map(({ topic, topicId }) => [topic, topicId]));
}

/**
 * Which topics the positions of these generations are of. Of those that came to them later, and of all of a generation that an earlier release has
 * made, nobody has put that down: those that are there now.
 * @returns by topic; where they differ, any of them that is not there now
 */
export async function topicIdsOf(
  tx: Tx,
  generations: readonly Pick<Generation, 'projection' | 'number'>[],
  now: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map(now);
  for (const { projection, number } of generations) {
    const { rows } = await tx.query<{ topic: string; topicId: string }>(
      `insert into generation_topics (projection, number, topic, topic_id)
       select $1, $2, * from unnest($3::text[], $4::uuid[])
       -- an update that changes nothing, since only what is written is returned
       on conflict (projection, number, topic) do update set topic = excluded.topic
       returning topic, topic_id as "topicId"`,
      [projection, number, [...now.keys()], [...now.values()]],
    );
    for (const { topic, topicId } of rows) if (topicId !== now.get(topic)) ids.set(topic, topicId);
  }
  return ids;
}
