import { readFile } from 'node:fs/promises';
import type { Tx } from '@brew/postgres';
import type { Position } from '../build/positions.ts';
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
  /** Where its tables are. */
  schema: string;
}

const schemaOf = (projection: string, number: number) => `${projection}_g${number}`;

const COLUMNS = 'projection, number, version, state, behind, began_at as "beganAt"';

/** All there are, of all projections, the oldest first. */
export async function listGenerations(db: Tx): Promise<Generation[]> {
  const { rows } = await db.query<Omit<Generation, 'schema'>>(
    `select ${COLUMNS} from generations order by projection, number`,
  );
  return rows.map((row) => ({ ...row, schema: schemaOf(row.projection, row.number) }));
}

/** Makes the next generation of a projection, with empty tables. To be called with the switch's lock. */
export async function createGeneration(tx: Tx, { name, version, tables }: Projection): Promise<Generation> {
  const { rows } = await tx.query<Omit<Generation, 'schema'>>(
    `insert into generations (projection, number, version, state)
     select $1, coalesce(max(number), 0) + 1, $2, 'building' from generations where projection = $1
     returning ${COLUMNS}`,
    [name, version],
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
    primary key (topic, partition)
  );
  -- What is known of the orders at hand: each row adds to those before it, and replaces what they say of an order.
  create table orders_at_hand (
    number bigint generated always as identity primary key,
    ended integer not null, -- how many of them have ended: the first ones
    ids bytea not null, -- each with its length in the first byte
    columns bytea not null -- of the projection, each with its length in the first four bytes
  );
  -- It changes too often to be worth compressing.
  alter table orders_at_hand alter column ids set storage external, alter column columns set storage external;
`;

/** What reports don't read. */
const isOwn = (table: string) => table === 'positions' || table === 'orders_at_hand';

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

export async function dropGeneration(tx: Tx, { projection, number, schema }: Generation): Promise<void> {
  await tx.query('delete from generations where projection = $1 and number = $2', [projection, number]);
  await tx.query(`drop schema ${schema} cascade`);
}

/** How far generations have been read, by schema: all of them at the same moment. */
export async function positionsOf(
  tx: Tx,
  generations: readonly Pick<Generation, 'schema'>[],
): Promise<Map<string, Position[]>> {
  if (generations.length === 0) return new Map();
  const each = generations.map(
    ({ schema }) =>
      `select '${schema}' as schema, topic, partition, next_offset as offset from ${schema}.positions`,
  );
  // One statement: between two of them, live events may be read into all generations.
  const { rows } = await tx.query<{ schema: string; topic: string; partition: number; offset: string }>(
    `${each.join(' union all ')} order by schema, topic, partition`,
  );
  const found = new Map<string, Position[]>(generations.map(({ schema }) => [schema, []]));
  for (const { schema, offset, ...at } of rows) found.get(schema)?.push({ ...at, offset: BigInt(offset) });
  return found;
}

/** Says where a generation without positions begins. */
export async function beginAt(
  tx: Tx,
  { schema }: Pick<Generation, 'schema'>,
  positions: readonly Position[],
): Promise<void> {
  await tx.query(
    `insert into ${schema}.positions select * from unnest($1::text[], $2::int[], $3::bigint[])
     on conflict do nothing`,
    [
      positions.map(({ topic }) => topic),
      positions.map(({ partition }) => partition),
      positions.map(({ offset }) => String(offset)),
    ],
  );
}

/**
 * Which topics the positions of these generations are of: those that are there when it is asked first.
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

/** Empties the tables of a generation, and begins it anew. */
export async function emptyGeneration(
  tx: Tx,
  generation: Generation,
  positions: readonly Position[],
): Promise<void> {
  const tables = await tablesOf(tx, generation.schema);
  await tx.query(`truncate ${tables.map((table) => `${generation.schema}.${table}`).join(', ')}`);
  const { projection, number } = generation;
  await tx.query('delete from generation_topics where projection = $1 and number = $2', [projection, number]);
  await beginAt(tx, generation, positions);
}
