import { z } from 'zod';

const MAX_BIGINT = 2n ** 63n - 1n;

/** A bigint of PostgreSQL, as text. */
export const letterId = z
  .string()
  .refine((id) => /^\d{1,19}$/.test(id) && BigInt(id) <= MAX_BIGINT, 'has to be the number of a letter');

const text = z.string().min(1, 'is empty').max(1_000, 'has more than 1,000 characters');
const seconds = z.coerce.number().min(0).max(1e9);

const reasons = ['failed', 'key_parked', 'unreadable', 'deleted', 'foreign'] as const;

/** What letters are chosen by; the descriptions are for the OpenAPI document. */
export const filterFields = {
  reason: z
    .enum(reasons)
    .optional()
    .describe(
      'failed: it could not be decoded, or its handler failed; key_parked: it came behind one that failed, of the same key in the same topic; ' +
        'unreadable, deleted: stands for records that nobody could read, or that were deleted before they were read; ' +
        'foreign: somebody else wrote it into the dead letter topic',
    ),
  topic: text.optional().describe('where the record came from, such as brew.orders.v1'),
  type: text.optional().describe('its ce_type, such as brew.orders.v1.OrderPlaced'),
  key: z.string().max(30_000).optional().describe('as lists show it: text, or base64 where it is none'),
  error: text.optional().describe("a part of the error's name, code or message, in capitals or not"),
  olderThan: seconds.optional().describe('in seconds: parked at least so long ago'),
  newerThan: seconds.optional().describe('in seconds: parked at most so long ago'),
};

export type Filter = z.output<z.ZodObject<typeof filterFields>>;

/** Who does something with which letters: exactly one of ids, filter and all. */
export const actionFields = {
  ids: z.array(letterId).min(1).max(1_000).optional(),
  filter: z
    .strictObject(filterFields)
    .refine((filter) => Object.keys(filter).length > 0, 'names nothing: say all, if all of them are meant')
    .optional(),
  all: z.literal(true).optional().describe('all that wait'),
  limit: z.int().min(1).max(100).default(100).describe('how many letters at most one call looks at'),
  after: letterId.optional().describe('what the call before answered as next'),
  dryRun: z.boolean().default(false).describe('say what would be done, and do nothing'),
  by: z
    .string(missing('who does this'))
    .trim()
    .min(1, 'is empty: say who does this')
    .max(200, 'has more than 200 characters')
    .describe('who does this; it is kept'),
  action: z.uuid().optional().describe('several calls of the same id are kept as one action'),
};

export const why = z
  .string(missing('why'))
  .trim()
  .min(1, 'is empty: say why')
  .max(1_000, 'has more than 1,000 characters')
  .describe('the reason that is kept');

/** Better words for a field that is not there, or no text. */
function missing(what: string) {
  return {
    error: ({ input }: { input?: unknown }) =>
      input === undefined ? `is missing: say ${what}` : `has to be a text that says ${what}`,
  };
}

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

export const skipped = z.array(
  z.strictObject({
    id: z.string(),
    why: z.string(),
    status: z.enum(['redriven', 'discarded']).optional().describe('of one that was done before'),
  }),
);

/** Up to when the dead letter topic is in the table; null: it was not read since the start. */
export const asOf = time.nullable();
