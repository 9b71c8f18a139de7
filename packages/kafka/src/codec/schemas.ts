import type { Type } from 'avsc';
import { delay } from '../delay.ts';
import { messageOf, UndecodableRecordError } from '../errors.ts';
import { type Ask, isRefusal, NO_SCHEMA, NO_SUBJECT, NO_VERSION } from './ask.ts';
import { typeOfSchema } from './fields/logicalTypes.ts';

/** The schemas with which records were written, kept in memory. */
export interface Schemas {
  /** @throws UndecodableRecordError, RegistryUnavailableError */
  get(id: number): Promise<Type>;
}

/**
 * A schema that was registered a moment ago may not have reached the node that we ask: so an id that is unknown is asked for again for
 * that long before it counts as unknown.
 */
const GRACE_MS = 1_500;
const GRACE_STEP_MS = 150;
/** Only once in that time, or who writes records with ids that nobody has would hold up those of others. */
const GRACE_EVERY_MS = 30_000;
/** How long an id that nobody has, or whose schema is of no use, is not asked for again: what an answer says may be wrong for a while. */
const USELESS_MS = 30_000;
const MOST_USELESS = 10_000;
/** How many questions are under way at once: each has a connection of its own. */
const AT_ONCE = 4;
const LARGEST_SCHEMA = 1024 * 1024;
const MOST_REFERENCES = 50;

interface Found {
  schema: string;
  schemaType?: string;
  references?: Reference[];
}

interface Reference {
  name: string;
  subject: string;
  version: number;
}

const NOT_THERE = [NO_SUBJECT, NO_VERSION, NO_SCHEMA];

const isFound = (answer: unknown): answer is Found =>
  typeof (answer as Partial<Found> | null | undefined)?.schema === 'string';

/** @param now the clock, in milliseconds; by default the process's */
export function createSchemas(ask: Ask, now = () => performance.now()): Schemas {
  /** What each id is never changes. */
  const known = new Map<number, Type>();
  /** Until when ids of no use are not asked for, the oldest first. */
  const useless = new Map<number, { error: UndecodableRecordError; until: number }>();
  const underWay = new Map<number, Promise<Type | UndecodableRecordError>>();
  const inTurn = createTurns(AT_ONCE);
  let graceFrom = Number.NEGATIVE_INFINITY;

  async function look(id: number): Promise<Type | UndecodableRecordError> {
    const answer = await findInTime(id);
    const type = answer === undefined ? noSchema(id) : await parse(id, answer);
    useless.delete(id);
    if (type instanceof UndecodableRecordError) {
      useless.set(id, { error: type, until: now() + USELESS_MS });
      const [oldest] = useless.keys();
      if (useless.size > MOST_USELESS && oldest !== undefined) useless.delete(oldest);
    } else known.set(id, type);
    return type;
  }

  async function findInTime(id: number): Promise<Found | undefined> {
    for (;;) {
      const path = `/schemas/ids/${id}`;
      const answer = await inTurn(() =>
        ask({ method: 'GET', path, refusals: [NO_SCHEMA], isAnswer: isFound }),
      );
      if (!isRefusal(answer)) return answer;
      const at = now();
      if (at - graceFrom > GRACE_EVERY_MS) graceFrom = at;
      if (at - graceFrom > GRACE_MS) return undefined;
      await delay(GRACE_STEP_MS);
    }
  }

  async function parse(id: number, found: Found): Promise<Type | UndecodableRecordError> {
    const { schemaType = 'AVRO' } = found;
    if (schemaType !== 'AVRO')
      return new UndecodableRecordError(`its schema ${id} is ${schemaType}, not Avro`);
    try {
      const registry = {};
      const referred = await referredBy(found);
      for (const { schema } of referred) typeOfSchema(JSON.parse(schema), registry);
      return typeOfSchema(JSON.parse(found.schema), registry);
    } catch (error) {
      if ((error as { retryable?: boolean }).retryable) throw error;
      return new UndecodableRecordError(`its schema ${id} can't be used: ${messageOf(error)}`, error);
    }
  }

  /** The schemas that one refers to, each behind those that it refers to itself. */
  async function referredBy(found: Found, seen = new Set<string>()): Promise<Found[]> {
    if (found.schema.length > LARGEST_SCHEMA)
      throw new RangeError(`it has ${found.schema.length} characters`);
    const referred: Found[] = [];
    for (const { subject, version } of found.references ?? []) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      if (seen.has(path)) continue;
      seen.add(path);
      if (seen.size > MOST_REFERENCES)
        throw new RangeError(`it refers to more than ${MOST_REFERENCES} others`);
      const answer = await ask({ method: 'GET', path, refusals: NOT_THERE, isAnswer: isFound });
      if (isRefusal(answer))
        throw new TypeError(`there is no version ${version} of ${subject}, which it refers to`);
      referred.push(...(await referredBy(answer, seen)), answer);
    }
    return referred;
  }

  return {
    async get(id) {
      const type = known.get(id);
      if (type) return type;
      // None has such a number: what stands in its place are other bytes.
      if (id < 1) throw noSchema(id);
      const before = useless.get(id);
      if (before && before.until > now()) throw before.error;
      const looking = underWay.get(id) ?? look(id).finally(() => underWay.delete(id));
      underWay.set(id, looking);
      const found = await looking;
      if (found instanceof UndecodableRecordError) throw found;
      return found;
    },
  };
}

const noSchema = (id: number) => new UndecodableRecordError(`the registry has no schema ${id}`);

/** Lets so many do their work at a time; the others wait. */
function createTurns(atOnce: number) {
  const waiting: (() => void)[] = [];
  let working = 0;
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (working >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else working++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else working--;
    }
  };
}
