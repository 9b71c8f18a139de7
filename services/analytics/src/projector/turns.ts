import { crc32 } from 'node:zlib';
import { delay } from '@brew/kafka';
import type { Database, Session } from '@brew/postgres';
import { GivesWayError } from '@brew/service';
import type { Projection } from '../projections/projection.ts';

/** Held, shared, by the session of each instance that reads or would, together with what its code can read. */
const CANDIDATES = 7_241_873;

/** How long a turn lasts at least: when neither can read everything, both get on, one after the other. */
const TURN_MS = 10_000;
const LOOK_MS = 1_000;

/** Says to the others, for as long as this session lasts, which versions of projections its instance can read. */
export async function standForElection(session: Session, projections: readonly Projection[]): Promise<void> {
  await session.query('select pg_advisory_lock_shared($1, $2)', [CANDIDATES, versionsOf(projections)]);
}

/** The turn of an instance that can't read all that is live. */
export interface Turn {
  db: Database;
  projections: readonly Projection[];
  /** When it became the one that reads, on the clock of performance.now(). */
  since: number;
  /** What it is that this instance can't do. */
  what: string;
}

/** @throws GivesWayError when its turn is over, and an instance is there that can read other versions */
export async function giveWayToOthers({ db, projections, since, what }: Turn): Promise<void> {
  if (performance.now() - since < TURN_MS) return;
  // Who can't ask now will be able to later: the turn goes on.
  if (await othersAreThere(db, projections).catch(() => false)) throw new GivesWayError(what);
}

/** The same, looked at until then. Ends without when `signal` is aborted. */
export async function untilOthersCome(turn: Turn, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(LOOK_MS, signal);
    if (!signal.aborted) await giveWayToOthers(turn);
  }
}

async function othersAreThere(db: Database, projections: readonly Projection[]): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from pg_locks
     where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
       and classid = $1 and objsubid = 2 and objid <> $2::bigint::oid`,
    [CANDIDATES, versionsOf(projections) >>> 0],
  );
  return rowCount !== null && rowCount > 0;
}

/** The same for the same versions, as PostgreSQL's integer. */
const versionsOf = (projections: readonly Projection[]): number =>
  crc32(projections.map(({ name, version }) => `${name} ${version}`).join()) | 0;
