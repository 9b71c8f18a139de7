import { type ServiceContext, type Worker, worker } from '@brew/service';
import { forgetIdempotencyKeys } from '../store/idempotencyKeys.ts';

const KEPT_HOURS = 24;
const EVERY_MS = 10 * 60 * 1_000;

/** Forgets idempotency keys that nobody will repeat any more, so that the table doesn't grow for ever. */
export const forgetKeys = ({ db }: ServiceContext): Worker =>
  worker({
    name: 'forget-idempotency-keys',
    everyMs: EVERY_MS,
    async run() {
      await forgetIdempotencyKeys(db, KEPT_HOURS);
      return false;
    },
  });
