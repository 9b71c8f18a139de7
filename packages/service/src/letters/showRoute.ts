import { findLetter } from '@brew/postgres';
import { z } from 'zod';
import { problem } from '../http/problem.ts';
import { type Route, route } from '../http/route.ts';
import type { LetterContext } from './context.ts';
import { tryToCatchUp } from './context.ts';
import { describeHeader, describeLetter, describeTime } from './describeLetter.ts';
import { letter, letterFields, letterId, time } from './schemas.ts';

/** GET /dead-letters/:id: everything about one. */
export const showDeadLetter = (context: LetterContext): Route =>
  route({
    method: 'get',
    path: '/dead-letters/:id',
    summary: 'One dead letter: its record, its error, and what waits behind it',
    staff: true,
    params: z.strictObject({ id: letterId }),
    responses: {
      200: {
        description: 'The letter; what belongs to its record is gone once it is done',
        schema: z.strictObject({
          ...letterFields,
          dlqPartition: z.int(),
          dlqOffset: z.string(),
          /** Of one that stands for several records. */
          lastOffset: z.string().nullable(),
          /** What is only where it came from, such as value. */
          missing: z.string().nullable(),
          sourceTimestamp: time,
          headers: z.array(
            z.strictObject({
              name: z.string(),
              value: z.string().nullable(),
              encoding: z.literal('base64').optional(),
            }),
          ),
          /** Base64. */
          value: z.string().nullable(),
          /** What the value says, by its writer's schema. */
          data: z.unknown(),
          stack: z.string().nullable(),
          /** Of the last redrive that failed. */
          lastError: z.string().nullable(),
          resolution: z
            .strictObject({
              at: time,
              by: z.string().nullable(),
              why: z.string().nullable(),
              action: z.uuid().nullable(),
            })
            .nullable(),
          waitsBehind: z.array(letter),
          before: letter.nullable(),
        }),
      },
      404: { description: 'There is none of this number' },
    },
    async handle({ params: { id } }) {
      const { db, group, chunks } = context;
      await tryToCatchUp(context);
      const found = await findLetter(db, id);
      if (!found) throw problem(404, 'LETTER_NOT_FOUND', `There is no dead letter ${id}.`);
      const describing = { group, canRedrive: chunks !== undefined };
      const { value, resolvedAt: at, by, why, action, before } = found;
      return {
        status: 200,
        body: {
          ...describeLetter(found, describing),
          dlqPartition: found.dlqPartition,
          dlqOffset: found.dlqOffset,
          lastOffset: found.lastOffset,
          missing: found.pointer,
          sourceTimestamp: describeTime(found.timestamp),
          headers: found.headerNames.map((name, index) =>
            describeHeader(name, found.headerValues[index] ?? null),
          ),
          value: value?.toString('base64') ?? null,
          data: value === null ? null : await decoded(context, value),
          stack: found.errorStack,
          lastError: found.lastError,
          resolution: at === null ? null : { at, by, why, action },
          waitsBehind: found.waitsBehind.map((each) => describeLetter(each, describing)),
          before: before && describeLetter(before, describing),
        },
      };
    },
  });

/** Looking at a letter does not wait for a registry that is away. */
const PATIENCE_MS = 2_000;

async function decoded({ codec }: LetterContext, value: Buffer): Promise<unknown> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS).unref());
  const found = await Promise.race([codec.decodeValue(value).catch(() => undefined), late]);
  return found?.data ?? null;
}
