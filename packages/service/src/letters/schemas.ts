import { z } from 'zod';

const MAX_BIGINT = 2n ** 63n - 1n;

/** A bigint of PostgreSQL, as text. */
export const letterId = z
  .string()
  .refine((id) => /^\d{1,19}$/.test(id) && BigInt(id) <= MAX_BIGINT, 'has to be the number of a letter');

const text = z.string().min(1).max(1_000);
const seconds = z.coerce.number().min(0).max(1e9);

const reasons = ['failed', 'key_parked', 'unreadable', 'deleted', 'foreign'] as const;

/** What letters are chosen by. */
export const filterFields = {
  reason: z.enum(reasons).optional(),
  topic: text.optional(),
  type: text.optional(),
  /** As lists show it: text, or base64 where it is none. */
  key: z.string().max(30_000).optional(),
  /** A part of the error's name, code or message. */
  error: text.optional(),
  /** Parked at least so many seconds ago. */
  olderThan: seconds.optional(),
  newerThan: seconds.optional(),
};

export type Filter = z.output<z.ZodObject<typeof filterFields>>;

/** Who does something with which letters: exactly one of ids, filter and all. */
export const actionFields = {
  ids: z.array(letterId).min(1).max(1_000).optional(),
  filter: z
    .strictObject(filterFields)
    .refine((filter) => Object.keys(filter).length > 0, 'names nothing: say all, if all of them are meant')
    .optional(),
  all: z.literal(true).optional(),
  /** How many letters at most are looked at by one call. */
  limit: z.int().min(1).max(100).default(100),
  after: letterId.optional(),
  dryRun: z.boolean().default(false),
  by: z.string().trim().min(1).max(200),
  /** Several calls may belong to one action. */
  action: z.uuid().optional(),
};

export const why = z.string().trim().min(1).max(1_000);

export const isOneSelection = ({ ids, filter, all }: Pick<Selecting, 'ids' | 'filter' | 'all'>) =>
  [ids, filter, all].filter((each) => each !== undefined).length === 1;

export const ONE_SELECTION = 'has to have one of ids, filter and all';

export type Selecting = z.output<z.ZodObject<typeof actionFields>>;

export const time = z.string();

export const letterFields = {
  id: z.string(),
  group: z.string(),
  reason: z.string(),
  status: z.enum(['waiting', 'redriven', 'discarded']),
  topic: z.string().nullable(),
  partition: z.int().nullable(),
  offset: z.string().nullable(),
  key: z.string().nullable(),
  keyEncoding: z.literal('base64').optional(),
  type: z.string().nullable(),
  error: z.strictObject({ name: z.string(), code: z.string().optional(), message: z.string() }).nullable(),
  attempts: z.int(),
  /** How often a redrive of it has failed. */
  redrives: z.int(),
  parkedAt: time,
  lastRedriveAt: time.nullable(),
  /** How many letters wait behind it. */
  behind: z.int(),
  valueBytes: z.int(),
  /** Whether something of the record is only where it came from. */
  pointer: z.boolean(),
  redrivable: z.boolean(),
};

export const letter = z.strictObject(letterFields);

export const skipped = z.array(z.strictObject({ id: z.string(), why: z.string() }));

/** Up to when the dead letter topic is in the table; null: it was not read since the start. */
export const asOf = time.nullable();
