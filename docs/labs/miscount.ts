// Counts one order too many where most was sold, as somebody might by mistake who is at the database. See replay.md.
import { createDatabase } from '@brew/postgres';
import { pino } from 'pino';

const { PGPORT = '15432' } = process.env;
await using db = createDatabase({
  url: `postgres://analytics:analytics@localhost:${PGPORT}/analytics`,
  applicationName: 'lab',
  log: pino({ level: 'silent' }),
});
const { rows } = await db.query<{ cafe: string }>(
  `update sales.by_hour set orders = orders + 1
   where (cafe_id, hour, currency) = (
     select cafe_id, hour, currency from sales.by_hour order by orders desc, cafe_id limit 1)
   returning cafe_id as cafe`,
);
console.log(rows[0] ? `${rows[0].cafe} counts one order too many.` : 'Nothing is sold yet.');
process.exitCode = rows[0] ? 0 : 1;
